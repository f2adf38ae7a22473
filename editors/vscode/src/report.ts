/** One `test` block in the answer of `rustchain test --format json`. */
export interface TestResult {
  file: string;
  title: string;
  /** One-based. */
  line: number;
  passed: boolean;
  failures: string[];
}

/** Reads the answer of `rustchain test --format json`; throws with a sentence for a person. */
export function readReport(text: string): TestResult[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("`rustchain test` gave no JSON");
  }
  if (!isObject(value) || value.schema_version !== 1 || !Array.isArray(value.tests)) {
    throw new Error("`rustchain test` answered in a form that this extension does not know; update one of the two");
  }
  return value.tests.filter(isObject).map((test) => ({
    file: String(test.file),
    title: String(test.title),
    line: Number(test.line),
    passed: test.passed === true,
    failures: Array.isArray(test.failures) ? test.failures.map(failure) : [],
  }));
}

function failure(value: unknown): string {
  if (typeof value === "string") return value;
  if (isObject(value) && typeof value.message === "string") return value.message;
  return JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A `test` block found in the text. */
export interface TestBlock {
  title: string;
  /** Zero-based. */
  line: number;
}

const HEAD = /^\s*test\s+"((?:[^"\\\n]|\\.)*)"\s+for\b/;

/** The `test` blocks of a mission, by their heads; strings of several lines are stepped over. */
export function testBlocks(text: string): TestBlock[] {
  const found: TestBlock[] = [];
  let inside = false;
  for (const [line, content] of text.split(/\r\n|\r|\n/).entries()) {
    if (!inside) {
      const title = HEAD.exec(content)?.[1];
      if (title !== undefined) found.push({ title: unescape(title), line });
    }
    const fences = content.split('"""').length - 1;
    if (fences % 2 === 1) inside = !inside;
  }
  return found;
}

function unescape(text: string): string {
  return text.replace(/\\(["\\])/g, "$1");
}
