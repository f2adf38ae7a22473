"""Every capability of the language server, asked by the clients that pytest-lsp knows: what they can do is theirs.

pytest-lsp checks besides that no answer uses what the client cannot do.
"""

import asyncio
import os
import pathlib
import shutil

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

RUSTCHAIN = os.environ["RUSTCHAIN"]
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "whole"
CLIENTS = ["neovim@v0.7", "neovim@v0.11", "visual-studio-code", "emacs"]


@pytest_lsp.fixture(params=CLIENTS, config=ClientServerConfig(server_command=[RUSTCHAIN, "lsp"]))
async def client(lsp_client: LanguageClient, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for file in FIXTURES.glob("*.mission"):
        shutil.copy(file, folder)
    (folder / "rustchain.toml").write_text("")
    lsp_client.folder = folder
    params = lsp.InitializeParams(
        capabilities=client_capabilities(request.param),
        workspace_folders=[lsp.WorkspaceFolder(uri=folder.as_uri(), name="project")],
        root_uri=folder.as_uri(),
    )
    lsp_client.handshake = await lsp_client.initialize_session(params)
    lsp_client.open = lambda name, text=None: opened(lsp_client, name, text)
    yield
    await lsp_client.shutdown_session()


class Opened:
    """An open text of the project."""

    def __init__(self, client, name, text):
        self.path = client.folder / name
        self.uri = self.path.as_uri()
        self.text = self.path.read_text() if text is None else text
        self.id = lsp.TextDocumentIdentifier(uri=self.uri)
        self.all = lsp.Range(lsp.Position(0, 0), lsp.Position(len(self.text.splitlines()), 0))

    def at(self, before: str, nth: int = 0, inside: int = 0) -> lsp.Position:
        """The place before the n-th appearance of a text."""
        offset = -1
        for _ in range(nth + 1):
            offset = self.text.index(before, offset + 1)
        offset += inside
        start = self.text.rfind("\n", 0, offset) + 1
        return lsp.Position(self.text.count("\n", 0, offset), offset - start)


def opened(client, name, text):
    document = Opened(client, name, text)
    item = lsp.TextDocumentItem(uri=document.uri, language_id="mission", version=1, text=document.text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))
    return document


def position(kind, document, at, **more):
    return kind(text_document=document.id, position=at, **more)


async def diagnostics(client, document):
    """What the client is told, or asks for, whichever is its way."""
    if client.capabilities.text_document.diagnostic is not None:
        report = await client.text_document_diagnostic_async(lsp.DocumentDiagnosticParams(text_document=document.id))
        return list(report.items)
    for _ in range(200):
        if document.uri in client.diagnostics:
            return client.diagnostics[document.uri]
        await asyncio.sleep(0.05)
    pytest.fail("no diagnostics were published")


BROKEN = """edition 2026

mission m {
  step a = fs.wrte(path: "out/a.txt", text: "x")
  output a: path = a
}
"""


@pytest.mark.asyncio
async def test_diagnostics_and_their_fix(client):
    document = client.open("broken.mission", BROKEN)
    found = await diagnostics(client, document)
    assert any("fs.wrte" in str(d.message) for d in found)
    here = document.at("wrte")
    context = lsp.CodeActionContext(diagnostics=found, only=[lsp.CodeActionKind.QuickFix])
    params = lsp.CodeActionParams(text_document=document.id, range=lsp.Range(here, here), context=context)
    actions = await client.text_document_code_action_async(params)
    assert any("fs.write" in action.title for action in actions)
    edit = next(a for a in actions if "fs.write" in a.title).edit
    assert edit.changes[document.uri][0].new_text == "fs.write"


@pytest.mark.asyncio
async def test_completion(client):
    document = client.open("refunds.mission")
    text = document.text.replace("  let risky", "  step x = judged[0].\n  let risky", 1)
    change = lsp.TextDocumentContentChangeWholeDocument(text=text)
    version = lsp.VersionedTextDocumentIdentifier(uri=document.uri, version=2)
    client.text_document_did_change(lsp.DidChangeTextDocumentParams(text_document=version, content_changes=[change]))
    document.text = text
    at = document.at("judged[0].", inside=len("judged[0]."))
    found = await client.text_document_completion_async(position(lsp.CompletionParams, document, at))
    assert [i.label for i in found.items] == ["risk", "why", "share", "hints"]


@pytest.mark.asyncio
async def test_hover(client):
    document = client.open("refunds.mission")
    found = await client.text_document_hover_async(position(lsp.HoverParams, document, document.at("fetch =")))
    assert "step fetch: list<Request>" in found.contents.value
    assert "net.read" in found.contents.value


@pytest.mark.asyncio
async def test_signature_help(client):
    document = client.open("refunds.mission")
    at = document.at("path: \"out/refunds.md\"")
    found = await client.text_document_signature_help_async(position(lsp.SignatureHelpParams, document, at))
    assert found.signatures[0].label.startswith("fs.write(path: path")
    assert found.active_parameter == 0


@pytest.mark.asyncio
async def test_definition_in_another_file(client):
    document = client.open("refunds.mission")
    at = document.at("mask.mails", inside=6)
    found = await client.text_document_definition_async(position(lsp.DefinitionParams, document, at))
    assert found.uri.endswith("/mask.mission")
    found = await client.text_document_type_definition_async(
        position(lsp.TypeDefinitionParams, document, document.at("judged ="))
    )
    assert found.range.start.line == document.at("record Judgement").line


@pytest.mark.asyncio
async def test_references_and_highlights(client):
    document = client.open("refunds.mission")
    context = lsp.ReferenceContext(include_declaration=True)
    found = await client.text_document_references_async(
        position(lsp.ReferenceParams, document, document.at("hold ="), context=context)
    )
    assert len(found) == 5
    found = await client.text_document_document_highlight_async(
        position(lsp.DocumentHighlightParams, document, document.at("hold ="))
    )
    assert len(found) == 5


@pytest.mark.asyncio
async def test_rename_across_files(client):
    document = client.open("refunds.mission")
    at = document.at("mask.mails", inside=6)
    place = await client.text_document_prepare_rename_async(position(lsp.PrepareRenameParams, document, at))
    assert place is not None
    edit = await client.text_document_rename_async(position(lsp.RenameParams, document, at, new_name="redact"))
    assert sorted(uri.rsplit("/", 1)[1] for uri in edit.changes) == ["mask.mission", "refunds.mission"]


@pytest.mark.asyncio
async def test_symbols(client):
    document = client.open("refunds.mission")
    found = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(text_document=document.id))
    assert "refunds" in [s.name for s in found]
    found = await client.workspace_symbol_async(lsp.WorkspaceSymbolParams(query="digest"))
    assert [s.name for s in found] == ["digest"]


@pytest.mark.asyncio
async def test_formatting(client):
    document = client.open("refunds.mission", (FIXTURES / "refunds.mission").read_text().replace("step file =", "step   file="))
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    edits = await client.text_document_formatting_async(
        lsp.DocumentFormattingParams(text_document=document.id, options=options)
    )
    assert len(edits) == 1 and edits[0].new_text.startswith("  step file = ")
    edits = await client.text_document_range_formatting_async(
        lsp.DocumentRangeFormattingParams(text_document=document.id, options=options, range=document.all)
    )
    assert len(edits) == 1
    edits = await client.text_document_on_type_formatting_async(
        lsp.DocumentOnTypeFormattingParams(
            text_document=document.id, position=lsp.Position(document.at("step   file").line + 1, 0), ch="\n", options=options
        )
    )
    assert len(edits) == 1


@pytest.mark.asyncio
async def test_semantic_tokens(client):
    document = client.open("refunds.mission")
    full = await client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(text_document=document.id))
    assert len(full.data) % 5 == 0 and len(full.data) > 300
    delta = await client.text_document_semantic_tokens_full_delta_async(
        lsp.SemanticTokensDeltaParams(text_document=document.id, previous_result_id=full.result_id)
    )
    assert len(delta.edits) == 0
    part = await client.text_document_semantic_tokens_range_async(
        lsp.SemanticTokensRangeParams(text_document=document.id, range=lsp.Range(lsp.Position(0, 0), lsp.Position(20, 0)))
    )
    assert 0 < len(part.data) < len(full.data)


@pytest.mark.asyncio
async def test_inlay_hints(client):
    document = client.open("refunds.mission")
    found = await client.text_document_inlay_hint_async(lsp.InlayHintParams(text_document=document.id, range=document.all))
    assert ": list<Judgement>" in [hint.label for hint in found]
    assert "! net.write" in [hint.label for hint in found]


@pytest.mark.asyncio
async def test_code_lenses(client):
    document = client.open("refunds.mission")
    found = await client.text_document_code_lens_async(lsp.CodeLensParams(text_document=document.id))
    titles = [lens.command.title for lens in found]
    assert "▶ Run" in titles and "▶ Test" in titles and any("tokens" in title for title in titles)


@pytest.mark.asyncio
async def test_folding_and_selection(client):
    document = client.open("refunds.mission")
    folds = await client.text_document_folding_range_async(lsp.FoldingRangeParams(text_document=document.id))
    assert document.at("record Request").line in [fold.start_line for fold in folds]
    found = await client.text_document_selection_range_async(
        lsp.SelectionRangeParams(text_document=document.id, positions=[document.at("risky[0]")])
    )
    sizes = 0
    grown = found[0]
    while grown.parent is not None:
        grown = grown.parent
        sizes += 1
    assert sizes > 3 and grown.range.start == lsp.Position(0, 0)


@pytest.mark.asyncio
async def test_call_hierarchy_is_the_graph(client):
    document = client.open("refunds.mission")
    items = await client.text_document_prepare_call_hierarchy_async(
        position(lsp.CallHierarchyPrepareParams, document, document.at("hold ="))
    )
    incoming = await client.call_hierarchy_incoming_calls_async(lsp.CallHierarchyIncomingCallsParams(item=items[0]))
    assert sorted(call.from_.name for call in incoming) == ["insight", "judged"]
    outgoing = await client.call_hierarchy_outgoing_calls_async(lsp.CallHierarchyOutgoingCallsParams(item=items[0]))
    assert [call.to.name for call in outgoing] == ["file"]


@pytest.mark.asyncio
async def test_document_links(client):
    document = client.open("refunds.mission")
    found = await client.text_document_document_link_async(lsp.DocumentLinkParams(text_document=document.id))
    assert [link.target.rsplit("/", 1)[1] for link in found] == ["mask.mission"]


@pytest.mark.asyncio
async def test_workspace_diagnostics(client):
    report = await client.workspace_diagnostic_async(lsp.WorkspaceDiagnosticParams(previous_result_ids=[]))
    assert sorted(item.uri.rsplit("/", 1)[1] for item in report.items) == ["mask.mission", "refunds.mission"]


@pytest.mark.asyncio
async def test_yaml_missions(client):
    text = 'version: "1.0"\nname: demo\nsteps:\n  - id: first\n    name: First\n    step_type: noop\n    depends_on: [frist]\n'
    document = client.open("demo.yaml", text)
    found = await diagnostics(client, document)
    assert any(d.range.start.line == 6 for d in found)
    at = document.at("noop", inside=2)
    offers = await client.text_document_completion_async(position(lsp.CompletionParams, document, at))
    assert "noop" in [i.label for i in offers.items]
    await client.text_document_hover_async(position(lsp.HoverParams, document, at))
