//! Providers of models: the class, the package and what LangChain sets by itself.

/// A provider's class of models.
#[derive(Debug)]
pub(super) struct Provider {
    /// The name that `init_chat_model` knows; empty for classes that it does not make.
    pub name: &'static str,
    /// The class.
    pub class: &'static str,
    /// The package that it lives in.
    pub package: &'static str,
    /// `_llm_type`.
    pub llm_type: &'static str,
    /// The model where none is named.
    pub default_model: Option<&'static str>,
}

const fn provider(
    name: &'static str,
    class: &'static str,
    package: &'static str,
    llm_type: &'static str,
    default_model: Option<&'static str>,
) -> Provider {
    Provider { name, class, package, llm_type, default_model }
}

const PROVIDERS: &[Provider] = &[
    provider("openai", "ChatOpenAI", "langchain_openai", "openai-chat", Some("gpt-3.5-turbo")),
    provider("", "OpenAI", "langchain_openai", "openai", Some("gpt-3.5-turbo-instruct")),
    provider("azure_openai", "AzureChatOpenAI", "langchain_openai", "azure-openai-chat", None),
    provider("", "AzureOpenAI", "langchain_openai", "azure", Some("gpt-3.5-turbo-instruct")),
    provider("anthropic", "ChatAnthropic", "langchain_anthropic", "anthropic-chat", None),
    provider("ollama", "ChatOllama", "langchain_ollama", "chat-ollama", None),
    provider("", "OllamaLLM", "langchain_ollama", "ollama-llm", None),
    provider("", "Ollama", "langchain_community", "ollama-llm", Some("llama2")),
    provider(
        "google_genai",
        "ChatGoogleGenerativeAI",
        "langchain_google_genai",
        "chat-google-generative-ai",
        None,
    ),
    provider("google_vertexai", "ChatVertexAI", "langchain_google_vertexai", "vertexai", None),
    provider("groq", "ChatGroq", "langchain_groq", "groq-chat", None),
    provider("mistralai", "ChatMistralAI", "langchain_mistralai", "mistralai-chat", Some("mistral-small")),
    provider("cohere", "ChatCohere", "langchain_cohere", "cohere-chat", None),
    provider("together", "ChatTogether", "langchain_together", "together-chat", None),
    provider("fireworks", "ChatFireworks", "langchain_fireworks", "fireworks-chat", None),
    provider("bedrock", "ChatBedrock", "langchain_aws", "amazon_bedrock_chat", None),
    provider(
        "bedrock_converse",
        "ChatBedrockConverse",
        "langchain_aws",
        "amazon_bedrock_converse_chat",
        None,
    ),
    provider("huggingface", "ChatHuggingFace", "langchain_huggingface", "huggingface-chat-wrapper", None),
    provider("deepseek", "ChatDeepSeek", "langchain_deepseek", "chat-deepseek", None),
    provider("xai", "ChatXAI", "langchain_xai", "xai-chat", Some("grok-4")),
    provider("perplexity", "ChatPerplexity", "langchain_perplexity", "perplexitychat", Some("sonar")),
    provider("nvidia", "ChatNVIDIA", "langchain_nvidia_ai_endpoints", "chat-nvidia-ai-playground", None),
    provider("ibm", "ChatWatsonx", "langchain_ibm", "IBM watsonx.ai", None),
];

/// Classes of models whose name does not begin with `Chat`.
const PLAIN: &[&str] = &[
    "OpenAI",
    "AzureOpenAI",
    "AzureChatOpenAI",
    "OpenAIChat",
    "Ollama",
    "OllamaLLM",
    "OllamaFunctions",
    "Anthropic",
    "AnthropicLLM",
    "Cohere",
    "GooglePalm",
    "VertexAI",
    "GoogleGenerativeAI",
    "HuggingFaceHub",
    "HuggingFaceEndpoint",
    "HuggingFacePipeline",
    "HuggingFaceTextGenInference",
    "LlamaCpp",
    "GPT4All",
    "CTransformers",
    "Replicate",
    "Together",
    "Bedrock",
    "BedrockLLM",
    "SagemakerEndpoint",
    "Fireworks",
    "AI21",
    "MosaicML",
    "Writer",
    "NLPCloud",
    "Banana",
    "Databricks",
    "VLLM",
    "VLLMOpenAI",
    "Tongyi",
    "QianfanLLMEndpoint",
    "WatsonxLLM",
    "Xinference",
    "AlephAlpha",
    "Aviary",
    "Petals",
    "CerebriumAI",
    "ForefrontAI",
    "GooseAI",
    "DeepInfra",
    "Clarifai",
    "Predibase",
    "FakeListLLM",
    "FakeListChatModel",
    "FakeStreamingListLLM",
    "FakeChatModel",
    "GenericFakeChatModel",
    "FakeMessagesListChatModel",
    "LlamaAPI",
    "EdenAI",
    "PromptLayerOpenAI",
    "PromptLayerChatOpenAI",
    "JinaChat",
    "QianfanChatEndpoint",
    "MiniMaxChat",
    "MistralAI",
    "NVIDIA",
    "ErnieBotChat",
    "PaiEasChatEndpoint",
    "HumanInputLLM",
    "HumanInputChatModel",
    "Llama2Chat",
    "Llamafile",
    "MLXPipeline",
    "BedrockChat",
];

/// Classes whose name begins with `Chat` and that are no models.
const NO_MODELS: &[&str] = &[
    "ChatPromptTemplate",
    "ChatMessage",
    "ChatMessageChunk",
    "ChatMessageHistory",
    "ChatMessagePromptTemplate",
    "ChatPromptValue",
    "ChatGeneration",
    "ChatGenerationChunk",
    "ChatResult",
    "ChatVectorDBChain",
    "ChatAgent",
    "ChatOutputParser",
    "ChatSession",
    "ChatLoader",
    "ChatGPTLoader",
    "ChatGPTPluginRetriever",
    "ChatVertexTool",
    "ChatPromptLoader",
];

/// Is this a class of models?
pub(super) fn is_model_class(class: &str) -> bool {
    if PLAIN.contains(&class) {
        return true;
    }
    class.starts_with("Chat")
        && class.chars().nth(4).is_some_and(|c| c.is_ascii_uppercase())
        && !NO_MODELS.contains(&class)
        && !class.ends_with("Loader")
        && !class.ends_with("History")
}

/// The provider whose class this is.
pub(super) fn of_class(class: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|p| p.class == class)
}

/// The package that a class lives in: older import paths lead to the same class only inside one package.
pub(super) fn package(_class: &str, imported: &str) -> String {
    imported.to_owned()
}

/// The provider and the name of the model in `openai:gpt-4o`, in `gpt-4o`, or with the provider given.
pub(super) fn split<'n>(full: &'n str, given: Option<&str>) -> Option<(&'static Provider, &'n str)> {
    let by_name = |name: &str| {
        let name = name.replace('-', "_").to_lowercase();
        PROVIDERS.iter().find(|p| !p.name.is_empty() && p.name == name)
    };
    if let Some(given) = given {
        return by_name(given).map(|p| (p, full));
    }
    if let Some((head, rest)) = full.split_once(':')
        && let Some(found) = by_name(head)
    {
        return Some((found, rest));
    }
    let lower = full.to_lowercase();
    let starts = |heads: &[&str]| heads.iter().any(|h| lower.starts_with(h));
    let name = match () {
        () if starts(&["gpt-", "o1", "o3", "o4", "chatgpt", "text-davinci"]) => "openai",
        () if starts(&["claude"]) => "anthropic",
        () if starts(&["command"]) => "cohere",
        () if starts(&["accounts/fireworks"]) => "fireworks",
        () if starts(&["gemini"]) => "google_vertexai",
        () if starts(&["amazon.", "anthropic.", "meta."]) => "bedrock",
        () if starts(&["mistral", "mixtral"]) => "mistralai",
        () if starts(&["deepseek"]) => "deepseek",
        () if starts(&["grok"]) => "xai",
        () if starts(&["sonar"]) => "perplexity",
        () => return None,
    };
    by_name(name).map(|p| (p, full))
}

/// The limit that `ChatAnthropic` sets where the file gives none: that of the models which the package knows by name
/// (langchain-anthropic 1.7), else its fallback.
pub(super) fn anthropic_max_tokens(model: &str) -> i64 {
    match model {
        "claude-haiku-4-5"
        | "claude-haiku-4-5-20251001"
        | "claude-opus-4-5"
        | "claude-opus-4-5-20251101"
        | "claude-sonnet-4-5"
        | "claude-sonnet-4-5-20250929" => 64_000,
        "claude-fable-5" | "claude-fable-5-1" | "claude-haiku-5-5" | "claude-opus-4-6"
        | "claude-opus-4-7" | "claude-opus-4-8" | "claude-opus-5" | "claude-opus-5-5"
        | "claude-sonnet-4-6" | "claude-sonnet-5" | "claude-sonnet-5-5" => 128_000,
        _ => 4_096,
    }
}
