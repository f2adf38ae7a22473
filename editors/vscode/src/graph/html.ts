/** The panel's page. Scripts run only with the nonce; nothing comes from the network. */
export function html(options: { script: string; style: string; source: string; nonce: string }): string {
  const { script, style, source, nonce } = options;
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${style}">
  <title>Mission graph</title>
</head>
<body>
  <svg id="canvas" role="group" aria-label="Mission graph">
    <defs>
      <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
        <path d="M0,0 L10,5 L0,10 z"></path>
      </marker>
    </defs>
    <g id="scene"></g>
  </svg>
  <div id="bar">
    <select id="mission" aria-label="Mission" hidden></select>
    <button id="turn" type="button" title="Draw downwards or to the right">Turn</button>
    <button id="fit" type="button" title="Show all (0)">Fit</button>
  </div>
  <div id="legend" aria-hidden="true">
    <span class="allowed">allowed</span><span class="guarded">decided at run time</span><span class="refused">refused</span>
  </div>
  <div id="problem" role="status" hidden></div>
  <script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
