class BaseMessage:
    """A message of the state, with the attributes that LangChain's have."""

    type = role = ""

    def __init__(self, content="", **more):
        self.content = content
        self.tool_calls = more.pop("tool_calls", [])
        self.tool_call_id = more.pop("tool_call_id", None)
        self.id = more.pop("id", None)
        self.name = more.pop("name", None)
        self.additional_kwargs = more.pop("additional_kwargs", {})
        self.response_metadata = more.pop("response_metadata", {})

    @property
    def text(self):
        return self.content


class SystemMessage(BaseMessage):
    type, role = "system", "system"


class HumanMessage(BaseMessage):
    type, role = "human", "user"


class AIMessage(BaseMessage):
    type, role = "ai", "assistant"


class ToolMessage(BaseMessage):
    type, role = "tool", "tool"


def graph_message(message):
    """A message of the mission as an object."""
    classes = {c.role: c for c in (SystemMessage, HumanMessage, AIMessage, ToolMessage)}
    calls = [{"name": c["name"], "args": c["arguments"], "id": c["id"], "type": "tool_call"} for c in message["tool_calls"]]
    return classes[message["role"]](message["content"], tool_calls=calls, tool_call_id=message["tool_call_id"])


def mission_message(message):
    """What a node gives as a message, as a message of the mission."""
    roles = {"human": "user", "ai": "assistant"}
    if isinstance(message, str):
        return {"role": "user", "content": message}
    if isinstance(message, tuple):
        return {"role": roles.get(message[0], message[0]), "content": message[1]}
    if isinstance(message, dict):
        role = message.get("role", message.get("type"))
        return {"role": roles.get(role, role), "content": message["content"]}
    calls = [{"id": c.get("id") or "", "name": c["name"], "arguments": c["args"]} for c in message.tool_calls]
    own = {"role": message.role, "content": message.content, "tool_calls": calls}
    return {**own, "tool_call_id": message.tool_call_id}


def both(held, given):
    """The messages that a state holds, and those of an update that it does not hold."""
    given = given if isinstance(given, list) else [given]
    return held + [m for m in given if not any(m is h for h in held)]


def added_messages(messages, known):
    """The messages of an update that are not in the state yet."""
    messages = messages if isinstance(messages, list) else [messages]
    return [mission_message(m) for m in messages if not any(m is k for k in known)]
