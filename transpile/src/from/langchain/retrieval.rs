//! Embeddings, vector stores and retrievers.

use super::data::data;
use super::model::{Data, Effect, Embeddings, Node, OpKind, Retriever};
use super::names::Name;
use super::state::{M, Thing, ThingClass, make, thing, thing_of};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class or function of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    let (class, method) = (name.name, name.method);
    if class == "init_embeddings" || is_embeddings(class) {
        return Ok(Some(thing(m, ThingClass::Embeddings, class, name.package, args, site)));
    }
    if is_store(name) && (method.is_empty() || method.starts_with("from_") || method.starts_with("load")) {
        return Ok(Some(thing(m, ThingClass::Store, class, name.package, args, site)));
    }
    if class.ends_with("Retriever") && (method.is_empty() || method.starts_with("from_")) {
        return Ok(Some(retriever(m, class, args, site)));
    }
    Ok(None)
}

fn is_embeddings(class: &str) -> bool {
    class.ends_with("Embeddings") || class.ends_with("Embedding") || class == "HuggingFaceInstructEmbeddings"
}

/// Is this a class of vector stores?
fn is_store(name: &Name<'_>) -> bool {
    const CLASSES: &[&str] = &[
        "FAISS",
        "Chroma",
        "InMemoryVectorStore",
        "DocArrayInMemorySearch",
        "Pinecone",
        "PineconeVectorStore",
        "Qdrant",
        "QdrantVectorStore",
        "Weaviate",
        "WeaviateVectorStore",
        "Milvus",
        "PGVector",
        "Redis",
        "RedisVectorStore",
        "ElasticsearchStore",
        "ElasticVectorSearch",
        "OpenSearchVectorSearch",
        "LanceDB",
        "MongoDBAtlasVectorSearch",
        "SupabaseVectorStore",
        "AzureSearch",
        "DeepLake",
        "Annoy",
        "SKLearnVectorStore",
        "Neo4jVector",
        "Cassandra",
        "AstraDB",
        "AstraDBVectorStore",
        "SingleStoreDB",
        "USearch",
        "Vectara",
        "Zilliz",
        "MatchingEngine",
        "Clickhouse",
        "Typesense",
        "Tair",
        "StarRocks",
        "MyScale",
        "DashVector",
        "AnalyticDB",
        "UpstashVectorStore",
        "Marqo",
        "Epsilla",
        "Rockset",
        "TiDBVectorStore",
        "DuckDB",
        "VectorStore",
    ];
    CLASSES.contains(&name.name)
        || ((name.module.contains("vectorstore") || name.module.contains("vector_store"))
            && name.name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The embeddings that a store was given, wherever they stand.
pub(super) fn embeddings_of(m: &M<'_>, args: &Args) -> Option<Embeddings> {
    let all = args.pos.iter().chain(args.kw.iter().map(|(_, v)| v));
    let found = all.filter_map(|v| thing_of(m, v)).find(|t| t.class == ThingClass::Embeddings)?;
    Some(embeddings(m, found))
}

/// Embeddings as data.
pub(super) fn embeddings(m: &M<'_>, thing: &Thing) -> Embeddings {
    let given = ["model", "model_name", "model_id", "deployment", "azure_deployment"]
        .iter()
        .find_map(|n| thing.args.named(n))
        .or(thing.args.pos.first());
    let model = match given {
        Some(value) => data(m, value),
        None => match thing.name.as_str() {
            "OpenAIEmbeddings" | "AzureOpenAIEmbeddings" => Data::Str("text-embedding-ada-002".into()),
            "HuggingFaceEmbeddings" => Data::Str("sentence-transformers/all-mpnet-base-v2".into()),
            "HuggingFaceInstructEmbeddings" => Data::Str("hkunlp/instructor-large".into()),
            "OllamaEmbeddings" if thing.package == "langchain_community" => Data::Str("llama2".into()),
            _ => Data::Null,
        },
    };
    Embeddings { class: thing.name.clone(), model }
}

/// Methods of stores and of objects that give stores.
pub(super) fn method(
    m: &mut M<'_>,
    receiver: &Value,
    name: &str,
    args: &Args,
    site: Site,
) -> Eval<Option<Value>> {
    let Some(owner) = thing_of(m, receiver).cloned() else { return Ok(None) };
    match (owner.class, name) {
        (ThingClass::Store, "as_retriever") => Ok(Some(store_retriever(m, &owner, args, site))),
        (ThingClass::Store, "from_documents" | "from_texts" | "from_existing_index") => {
            Ok(Some(thing(m, ThingClass::Store, &owner.name, &owner.package, args, site)))
        }
        _ => Ok(None),
    }
}

fn store_retriever(m: &mut M<'_>, store: &Thing, args: &Args, site: Site) -> Value {
    let search_type = args.named("search_type").map_or(Data::Str("similarity".into()), |v| data(m, v));
    let search_kwargs = args.named("search_kwargs").map_or(Data::Dict(Vec::new()), |v| data(m, v));
    let class = match store.name.as_str() {
        "Redis" => "RedisVectorStoreRetriever",
        "AzureSearch" => "AzureSearchVectorStoreRetriever",
        "Vectara" => "VectaraRetriever",
        _ => "VectorStoreRetriever",
    };
    let retriever = Retriever {
        class: class.into(),
        search_type: Some(search_type),
        search_kwargs,
        store: Some(store.name.clone()),
        embeddings: embeddings_of(m, &store.args),
        parts: Vec::new(),
    };
    make(m, OpKind::Retriever(retriever), site)
}

/// Retrievers by class, with the retrievers and models inside.
fn retriever(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let mut parts = Vec::new();
    for (name, value) in args.kw.clone() {
        if let Some(op) = super::runnables::held(m, &value) {
            parts.push((name.to_string(), op));
        } else if let Some(items) = m.as_items(&value) {
            for (index, item) in items.iter().enumerate() {
                if let Some(op) = super::runnables::held(m, item) {
                    parts.push((format!("{name}.{index}"), op));
                }
            }
        }
    }
    let store = args.named("vectorstore").and_then(|v| thing_of(m, v)).cloned();
    let embeddings = store.as_ref().and_then(|s| embeddings_of(m, &s.args));
    let (search_type, search_kwargs) = match class {
        "VectorStoreRetriever" => (
            Some(args.named("search_type").map_or(Data::Str("similarity".into()), |v| data(m, v))),
            args.named("search_kwargs").map_or(Data::Dict(Vec::new()), |v| data(m, v)),
        ),
        _ => (None, Data::Null),
    };
    let retriever = Retriever {
        class: class.into(),
        search_type,
        search_kwargs,
        store: store.map(|s| s.name),
        embeddings,
        parts,
    };
    if args.unknown_kw.is_some() {
        m.host.lose(Effect::Setting, format!("some settings of `{class}` are not known"), site);
    }
    make(m, OpKind::Retriever(retriever), site)
}

/// Methods of retrievers that are runnables.
pub(super) fn op_method(
    _m: &mut M<'_>,
    _op: &Node,
    _name: &str,
    _args: &Args,
    _site: Site,
) -> Eval<Option<Value>> {
    Ok(None)
}
