//! The kinds of tokens and nodes, and what pest's rules become.

use crate::parser::Rule;

/// Writes the enum, and every kind in its order.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// What a token or a node of the tree is. Tokens come first.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum SyntaxKind {
            $($(#[$doc])* $kind,)*
        }

        const ALL: &[SyntaxKind] = &[$(SyntaxKind::$kind,)*];
    };
}

kinds! {
    /// Blanks and line ends.
    WHITESPACE,
    /// `// …`.
    COMMENT,
    /// `/// …`.
    DOC,
    /// `//! …`.
    FILE_DOC,
    /// A word of the language, where it is one.
    KEYWORD,
    /// A name, backquotes included.
    IDENT,
    /// `untrusted`, `secret`, `personal`, `trusted`.
    LABEL,
    /// An int, a float or a duration.
    NUMBER,
    /// `@2026-01-01`.
    TIMESTAMP,
    /// `true`, `false`, `null`.
    LITERAL,
    /// A string without holes and escapes, quotes included.
    STRING,
    /// Text of a template, or its quotes.
    STRING_TEXT,
    /// The quoted part of a raw string.
    RAW_TEXT,
    /// `${`.
    HOLE_OPEN,
    /// An operator between two operands.
    INFIX_OPERATOR,
    /// `!` or `-` before an operand.
    PREFIX_OPERATOR,
    /// `{`.
    L_BRACE,
    /// `}`.
    R_BRACE,
    /// `(`.
    L_PAREN,
    /// `)`.
    R_PAREN,
    /// `[`.
    L_BRACKET,
    /// `]`.
    R_BRACKET,
    /// `<`.
    L_ANGLE,
    /// `>`.
    R_ANGLE,
    /// `,`.
    COMMA,
    /// `:`.
    COLON,
    /// `=`.
    EQ,
    /// `->`.
    ARROW,
    /// `=>`.
    FAT_ARROW,
    /// `.`.
    DOT,
    /// `?.`.
    QUESTION_DOT,
    /// `..`.
    DOT_DOT,
    /// `|`.
    BAR,
    /// `?`.
    QUESTION,
    /// Bytes that are no token.
    UNKNOWN,
    /// The `///` lines of one thing.
    DOCS,
    /// The `//!` lines.
    FILE_DOCS,
    /// What was not understood.
    ERROR,
    /// A closer that is not there; covers nothing.
    MISSING,
    /// A whole file.
    FILE,
    /// An `edition` of the grammar.
    EDITION,
    /// An `import` of the grammar.
    IMPORT,
    /// A `let_decl` of the grammar.
    LET_DECL,
    /// An `enum_decl` of the grammar.
    ENUM_DECL,
    /// An `enum_member` of the grammar.
    ENUM_MEMBER,
    /// A `record_decl` of the grammar.
    RECORD_DECL,
    /// A `field` of the grammar.
    FIELD,
    /// A `type_params` of the grammar.
    TYPE_PARAMS,
    /// A `type_param` of the grammar.
    TYPE_PARAM,
    /// A `type_alias` of the grammar.
    TYPE_ALIAS,
    /// A `provider_decl` of the grammar.
    PROVIDER_DECL,
    /// A `memory_decl` of the grammar.
    MEMORY_DECL,
    /// A `policy_decl` of the grammar.
    POLICY_DECL,
    /// A `params` of the grammar.
    PARAMS,
    /// A `chain_decl` of the grammar.
    CHAIN_DECL,
    /// A `mission_decl` of the grammar.
    MISSION_DECL,
    /// An `agent_decl` of the grammar.
    AGENT_DECL,
    /// An `agent_model` of the grammar.
    AGENT_MODEL,
    /// An `agent_system` of the grammar.
    AGENT_SYSTEM,
    /// An `agent_prompt` of the grammar.
    AGENT_PROMPT,
    /// An `agent_tools` of the grammar.
    AGENT_TOOLS,
    /// An `on_line` of the grammar.
    ON_LINE,
    /// A `tool_decl` of the grammar.
    TOOL_DECL,
    /// A `tool_body` of the grammar.
    TOOL_BODY,
    /// A `requires` of the grammar.
    REQUIRES,
    /// An `effect_line` of the grammar.
    EFFECT_LINE,
    /// A `fn_decl` of the grammar.
    FN_DECL,
    /// A `fn_body` of the grammar.
    FN_BODY,
    /// A `fn_effect` of the grammar.
    FN_EFFECT,
    /// A `fn_replay` of the grammar.
    FN_REPLAY,
    /// A `fn_raises` of the grammar.
    FN_RAISES,
    /// A `fn_match` of the grammar.
    FN_MATCH,
    /// A `fn_arm` of the grammar.
    FN_ARM,
    /// A `fn_case` of the grammar.
    FN_CASE,
    /// A `fn_value` of the grammar.
    FN_VALUE,
    /// A `test_decl` of the grammar.
    TEST_DECL,
    /// A `given` of the grammar.
    GIVEN,
    /// An `expect` of the grammar.
    EXPECT,
    /// A `mock` of the grammar.
    MOCK,
    /// A `reply_error` of the grammar.
    REPLY_ERROR,
    /// A `reply_each` of the grammar.
    REPLY_EACH,
    /// A `reply_approval` of the grammar.
    REPLY_APPROVAL,
    /// A `policy_body` of the grammar.
    POLICY_BODY,
    /// An `allow` of the grammar.
    ALLOW,
    /// A `deny` of the grammar.
    DENY,
    /// A `budget` of the grammar.
    BUDGET,
    /// A `require` of the grammar.
    REQUIRE,
    /// A `never_flow` of the grammar.
    NEVER_FLOW,
    /// A `never_after` of the grammar.
    NEVER_AFTER,
    /// An `only_after` of the grammar.
    ONLY_AFTER,
    /// An `at_most` of the grammar.
    AT_MOST,
    /// A `sandbox` of the grammar.
    SANDBOX,
    /// A `prompt_untrusted` of the grammar.
    PROMPT_UNTRUSTED,
    /// An `effect` of the grammar.
    EFFECT,
    /// An `effect_where` of the grammar.
    EFFECT_WHERE,
    /// A `block` of the grammar.
    BLOCK,
    /// A `step` of the grammar.
    STEP,
    /// An `output` of the grammar.
    OUTPUT,
    /// An `input` of the grammar.
    INPUT,
    /// A `secret` of the grammar.
    SECRET,
    /// A `group` of the grammar.
    GROUP,
    /// A `policy_stmt` of the grammar.
    POLICY_STMT,
    /// A `defaults` of the grammar.
    DEFAULTS,
    /// An `id_line` of the grammar.
    ID_LINE,
    /// A `within` of the grammar.
    WITHIN,
    /// A `schedule` of the grammar.
    SCHEDULE,
    /// A `schedule_every` of the grammar.
    SCHEDULE_EVERY,
    /// A `schedule_cron` of the grammar.
    SCHEDULE_CRON,
    /// A `schedule_on` of the grammar.
    SCHEDULE_ON,
    /// A `meta` of the grammar.
    META,
    /// An `on_failure` of the grammar.
    ON_FAILURE,
    /// An `outcome` of the grammar.
    OUTCOME,
    /// A `return_stmt` of the grammar.
    RETURN_STMT,
    /// A `value_stmt` of the grammar.
    VALUE_STMT,
    /// A `with_block` of the grammar.
    WITH_BLOCK,
    /// A `clause_block` of the grammar.
    CLAUSE_BLOCK,
    /// An `after` of the grammar.
    AFTER,
    /// A `when` of the grammar.
    WHEN,
    /// An `on_error` of the grammar.
    ON_ERROR,
    /// An `error_action` of the grammar.
    ERROR_ACTION,
    /// A `retry` of the grammar.
    RETRY,
    /// A `timeout` of the grammar.
    TIMEOUT,
    /// A `trigger` of the grammar.
    TRIGGER,
    /// A `teardown` of the grammar.
    TEARDOWN,
    /// A `cache` of the grammar.
    CACHE,
    /// A `updates` of the grammar.
    UPDATES,
    /// A `kind_list` of the grammar.
    KIND_LIST,
    /// A `kind` of the grammar.
    KIND,
    /// A `kind_arg` of the grammar.
    KIND_ARG,
    /// A `type` of the grammar.
    TYPE,
    /// A `type_named` of the grammar.
    TYPE_NAMED,
    /// A `type_record` of the grammar.
    TYPE_RECORD,
    /// A `type_args` of the grammar.
    TYPE_ARGS,
    /// A `path` of the grammar.
    PATH,
    /// An expression: operators, atoms and suffixes in order.
    EXPR,
    /// An `args` of the grammar.
    ARGS,
    /// An `arg` of the grammar.
    ARG,
    /// An `index` of the grammar.
    INDEX,
    /// A `paren` of the grammar.
    PAREN,
    /// A `list` of the grammar.
    LIST,
    /// A `comp_for` of the grammar.
    COMP_FOR,
    /// A `comp_if` of the grammar.
    COMP_IF,
    /// A `record_body` of the grammar.
    RECORD_BODY,
    /// An `entry` of the grammar.
    ENTRY,
    /// A `spread` of the grammar.
    SPREAD,
    /// An `if_expr` of the grammar.
    IF_EXPR,
    /// A `match_expr` of the grammar.
    MATCH_EXPR,
    /// An `arm` of the grammar.
    ARM,
    /// A `pattern` of the grammar.
    PATTERN,
    /// A `for_expr` of the grammar.
    FOR_EXPR,
    /// A `for_binding` of the grammar.
    FOR_BINDING,
    /// A `loop_expr` of the grammar.
    LOOP_EXPR,
    /// A `loop_until` of the grammar.
    LOOP_UNTIL,
    /// A `loop_state` of the grammar.
    LOOP_STATE,
    /// A `bound` of the grammar.
    BOUND,
    /// A string with holes or escapes.
    TEMPLATE,
    /// `${e}`.
    HOLE,
}

impl SyntaxKind {
    /// True for tokens, false for nodes.
    pub fn is_token(self) -> bool {
        (self as u16) <= (SyntaxKind::UNKNOWN as u16)
    }

    /// True for blanks and comments, not for docs.
    pub fn is_trivia(self) -> bool {
        matches!(self, SyntaxKind::WHITESPACE | SyntaxKind::COMMENT)
    }

    /// Every kind: tokens, then nodes.
    pub fn all() -> &'static [SyntaxKind] {
        ALL
    }

    /// The kind of a number that a tree stores; a number that is none gives `UNKNOWN`.
    pub(crate) fn from_raw(raw: u16) -> Self {
        ALL.get(raw as usize).copied().unwrap_or(SyntaxKind::UNKNOWN)
    }
}

/// The kind that a pair of this rule becomes; `None` for pairs that the tree does not have.
pub(crate) fn of(rule: Rule) -> Option<SyntaxKind> {
    Some(match rule {
        Rule::line_comment => SyntaxKind::COMMENT,
        Rule::doc => SyntaxKind::DOC,
        Rule::file_doc => SyntaxKind::FILE_DOC,
        Rule::docs => SyntaxKind::DOCS,
        Rule::file_docs => SyntaxKind::FILE_DOCS,
        Rule::name | Rule::any_name | Rule::upper_name => SyntaxKind::IDENT,
        Rule::kw_after
        | Rule::kw_agent
        | Rule::kw_allow
        | Rule::kw_approval
        | Rule::kw_as
        | Rule::kw_at
        | Rule::kw_budget
        | Rule::kw_cache
        | Rule::kw_chain
        | Rule::kw_continue
        | Rule::kw_defaults
        | Rule::kw_deny
        | Rule::kw_each
        | Rule::kw_edition
        | Rule::kw_effect
        | Rule::kw_else
        | Rule::kw_enum
        | Rule::kw_error
        | Rule::kw_every
        | Rule::kw_expect
        | Rule::kw_fail
        | Rule::kw_failure
        | Rule::kw_flow
        | Rule::kw_fn
        | Rule::kw_for
        | Rule::kw_from
        | Rule::kw_given
        | Rule::kw_granted
        | Rule::kw_group
        | Rule::kw_id
        | Rule::kw_if
        | Rule::kw_import
        | Rule::kw_in
        | Rule::kw_inferred
        | Rule::kw_input
        | Rule::kw_let
        | Rule::kw_limit
        | Rule::kw_loop
        | Rule::kw_match
        | Rule::kw_max
        | Rule::kw_memory
        | Rule::kw_meta
        | Rule::kw_mission
        | Rule::kw_mock
        | Rule::kw_model
        | Rule::kw_most
        | Rule::kw_never
        | Rule::kw_none
        | Rule::kw_on
        | Rule::kw_once
        | Rule::kw_only
        | Rule::kw_outcome
        | Rule::kw_output
        | Rule::kw_policy
        | Rule::kw_prompt
        | Rule::kw_provider
        | Rule::kw_pure
        | Rule::kw_raises
        | Rule::kw_record
        | Rule::kw_refused
        | Rule::kw_replay
        | Rule::kw_require
        | Rule::kw_requires
        | Rule::kw_retry
        | Rule::kw_return
        | Rule::kw_sandbox
        | Rule::kw_schedule
        | Rule::kw_secret
        | Rule::kw_sink
        | Rule::kw_skip
        | Rule::kw_step
        | Rule::kw_system
        | Rule::kw_teardown
        | Rule::kw_test
        | Rule::kw_then
        | Rule::kw_timeout
        | Rule::kw_to
        | Rule::kw_tool
        | Rule::kw_tools
        | Rule::kw_trigger
        | Rule::kw_type
        | Rule::kw_tz
        | Rule::kw_until
        | Rule::kw_untrusted
        | Rule::kw_updates
        | Rule::kw_use
        | Rule::kw_vendor
        | Rule::kw_when
        | Rule::kw_where
        | Rule::kw_with
        | Rule::kw_within => SyntaxKind::KEYWORD,
        Rule::lbrace => SyntaxKind::L_BRACE,
        Rule::rbrace => SyntaxKind::R_BRACE,
        Rule::lparen => SyntaxKind::L_PAREN,
        Rule::rparen => SyntaxKind::R_PAREN,
        Rule::lbracket => SyntaxKind::L_BRACKET,
        Rule::rbracket => SyntaxKind::R_BRACKET,
        Rule::langle => SyntaxKind::L_ANGLE,
        Rule::rangle => SyntaxKind::R_ANGLE,
        Rule::comma => SyntaxKind::COMMA,
        Rule::colon => SyntaxKind::COLON,
        Rule::eq => SyntaxKind::EQ,
        Rule::arrow => SyntaxKind::ARROW,
        Rule::fat_arrow => SyntaxKind::FAT_ARROW,
        Rule::dot => SyntaxKind::DOT,
        Rule::question_dot => SyntaxKind::QUESTION_DOT,
        Rule::dot_dot => SyntaxKind::DOT_DOT,
        Rule::bar => SyntaxKind::BAR,
        Rule::question => SyntaxKind::QUESTION,
        Rule::bad_item | Rule::bad_stmt | Rule::bad_line | Rule::bad_entry => SyntaxKind::ERROR,
        Rule::missing_brace | Rule::missing_line_brace | Rule::missing_paren | Rule::missing_bracket => {
            SyntaxKind::MISSING
        }
        Rule::file => SyntaxKind::FILE,
        Rule::edition => SyntaxKind::EDITION,
        Rule::import => SyntaxKind::IMPORT,
        Rule::let_decl => SyntaxKind::LET_DECL,
        Rule::enum_decl => SyntaxKind::ENUM_DECL,
        Rule::enum_member => SyntaxKind::ENUM_MEMBER,
        Rule::record_decl => SyntaxKind::RECORD_DECL,
        Rule::field => SyntaxKind::FIELD,
        Rule::type_params => SyntaxKind::TYPE_PARAMS,
        Rule::type_param => SyntaxKind::TYPE_PARAM,
        Rule::type_alias => SyntaxKind::TYPE_ALIAS,
        Rule::provider_decl => SyntaxKind::PROVIDER_DECL,
        Rule::memory_decl => SyntaxKind::MEMORY_DECL,
        Rule::policy_decl => SyntaxKind::POLICY_DECL,
        Rule::params => SyntaxKind::PARAMS,
        Rule::chain_decl => SyntaxKind::CHAIN_DECL,
        Rule::mission_decl => SyntaxKind::MISSION_DECL,
        Rule::agent_decl => SyntaxKind::AGENT_DECL,
        Rule::agent_model => SyntaxKind::AGENT_MODEL,
        Rule::agent_system => SyntaxKind::AGENT_SYSTEM,
        Rule::agent_prompt => SyntaxKind::AGENT_PROMPT,
        Rule::agent_tools => SyntaxKind::AGENT_TOOLS,
        Rule::on_line => SyntaxKind::ON_LINE,
        Rule::tool_decl => SyntaxKind::TOOL_DECL,
        Rule::tool_body => SyntaxKind::TOOL_BODY,
        Rule::requires => SyntaxKind::REQUIRES,
        Rule::effect_line => SyntaxKind::EFFECT_LINE,
        Rule::fn_decl => SyntaxKind::FN_DECL,
        Rule::fn_body => SyntaxKind::FN_BODY,
        Rule::fn_effect => SyntaxKind::FN_EFFECT,
        Rule::fn_replay => SyntaxKind::FN_REPLAY,
        Rule::fn_raises => SyntaxKind::FN_RAISES,
        Rule::fn_match => SyntaxKind::FN_MATCH,
        Rule::fn_arm => SyntaxKind::FN_ARM,
        Rule::fn_case => SyntaxKind::FN_CASE,
        Rule::fn_value => SyntaxKind::FN_VALUE,
        Rule::test_decl => SyntaxKind::TEST_DECL,
        Rule::given => SyntaxKind::GIVEN,
        Rule::expect => SyntaxKind::EXPECT,
        Rule::mock => SyntaxKind::MOCK,
        Rule::reply_error => SyntaxKind::REPLY_ERROR,
        Rule::reply_each => SyntaxKind::REPLY_EACH,
        Rule::reply_approval => SyntaxKind::REPLY_APPROVAL,
        Rule::policy_body => SyntaxKind::POLICY_BODY,
        Rule::allow => SyntaxKind::ALLOW,
        Rule::deny => SyntaxKind::DENY,
        Rule::budget => SyntaxKind::BUDGET,
        Rule::require => SyntaxKind::REQUIRE,
        Rule::never_flow => SyntaxKind::NEVER_FLOW,
        Rule::never_after => SyntaxKind::NEVER_AFTER,
        Rule::only_after => SyntaxKind::ONLY_AFTER,
        Rule::at_most => SyntaxKind::AT_MOST,
        Rule::sandbox => SyntaxKind::SANDBOX,
        Rule::prompt_untrusted => SyntaxKind::PROMPT_UNTRUSTED,
        Rule::effect => SyntaxKind::EFFECT,
        Rule::effect_where => SyntaxKind::EFFECT_WHERE,
        Rule::block => SyntaxKind::BLOCK,
        Rule::step => SyntaxKind::STEP,
        Rule::output => SyntaxKind::OUTPUT,
        Rule::input => SyntaxKind::INPUT,
        Rule::secret => SyntaxKind::SECRET,
        Rule::group => SyntaxKind::GROUP,
        Rule::policy_stmt => SyntaxKind::POLICY_STMT,
        Rule::defaults => SyntaxKind::DEFAULTS,
        Rule::id_line => SyntaxKind::ID_LINE,
        Rule::within => SyntaxKind::WITHIN,
        Rule::schedule => SyntaxKind::SCHEDULE,
        Rule::schedule_every => SyntaxKind::SCHEDULE_EVERY,
        Rule::schedule_cron => SyntaxKind::SCHEDULE_CRON,
        Rule::schedule_on => SyntaxKind::SCHEDULE_ON,
        Rule::meta => SyntaxKind::META,
        Rule::on_failure => SyntaxKind::ON_FAILURE,
        Rule::outcome => SyntaxKind::OUTCOME,
        Rule::return_stmt => SyntaxKind::RETURN_STMT,
        Rule::value_stmt => SyntaxKind::VALUE_STMT,
        Rule::with_block => SyntaxKind::WITH_BLOCK,
        Rule::clause_block => SyntaxKind::CLAUSE_BLOCK,
        Rule::after => SyntaxKind::AFTER,
        Rule::when => SyntaxKind::WHEN,
        Rule::on_error => SyntaxKind::ON_ERROR,
        Rule::error_action => SyntaxKind::ERROR_ACTION,
        Rule::retry => SyntaxKind::RETRY,
        Rule::timeout => SyntaxKind::TIMEOUT,
        Rule::trigger => SyntaxKind::TRIGGER,
        Rule::teardown => SyntaxKind::TEARDOWN,
        Rule::cache => SyntaxKind::CACHE,
        Rule::updates => SyntaxKind::UPDATES,
        Rule::kind_list => SyntaxKind::KIND_LIST,
        Rule::kind => SyntaxKind::KIND,
        Rule::kind_arg => SyntaxKind::KIND_ARG,
        Rule::ty => SyntaxKind::TYPE,
        Rule::label => SyntaxKind::LABEL,
        Rule::ty_named => SyntaxKind::TYPE_NAMED,
        Rule::ty_record => SyntaxKind::TYPE_RECORD,
        Rule::type_args => SyntaxKind::TYPE_ARGS,
        Rule::path | Rule::any_path => SyntaxKind::PATH,
        Rule::expr => SyntaxKind::EXPR,
        Rule::prefix => SyntaxKind::PREFIX_OPERATOR,
        Rule::infix => SyntaxKind::INFIX_OPERATOR,
        Rule::args => SyntaxKind::ARGS,
        Rule::arg => SyntaxKind::ARG,
        Rule::index => SyntaxKind::INDEX,
        Rule::paren => SyntaxKind::PAREN,
        Rule::list => SyntaxKind::LIST,
        Rule::comp_for => SyntaxKind::COMP_FOR,
        Rule::comp_if => SyntaxKind::COMP_IF,
        Rule::record_body => SyntaxKind::RECORD_BODY,
        Rule::entry => SyntaxKind::ENTRY,
        Rule::spread => SyntaxKind::SPREAD,
        Rule::if_expr => SyntaxKind::IF_EXPR,
        Rule::match_expr => SyntaxKind::MATCH_EXPR,
        Rule::arm => SyntaxKind::ARM,
        Rule::pattern => SyntaxKind::PATTERN,
        Rule::for_expr => SyntaxKind::FOR_EXPR,
        Rule::for_binding => SyntaxKind::FOR_BINDING,
        Rule::loop_expr => SyntaxKind::LOOP_EXPR,
        Rule::loop_until => SyntaxKind::LOOP_UNTIL,
        Rule::loop_state => SyntaxKind::LOOP_STATE,
        Rule::bound => SyntaxKind::BOUND,
        Rule::number => SyntaxKind::NUMBER,
        Rule::timestamp => SyntaxKind::TIMESTAMP,
        Rule::literal => SyntaxKind::LITERAL,
        Rule::plain => SyntaxKind::STRING,
        Rule::template => SyntaxKind::TEMPLATE,
        Rule::short_text | Rule::long_text | Rule::escape => SyntaxKind::STRING_TEXT,
        Rule::hole => SyntaxKind::HOLE,
        Rule::hole_open => SyntaxKind::HOLE_OPEN,
        Rule::raw_text => SyntaxKind::RAW_TEXT,
        _ => return None,
    })
}
