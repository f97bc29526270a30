using TransformerXL.Files;
using TransformerXL.Inference.Serving;
using TransformerXL.Text;

namespace TransformerXL.Inference.Chat;

/// <summary>
/// How messages become a prompt: a text for each role with <c>{content}</c> in it, then what comes before the reply. The reply ends at a stop
/// string, which the next turn begins with.
/// </summary>
/// <remarks>
/// A model that was trained on plain text has no chat format of its own. <see cref="Plain"/> writes a dialogue as a text would have it; a model that was
/// trained on dialogues gets the format of its training from a file.
/// </remarks>
public sealed record ChatTemplate
{
    /// <summary>The placeholder of the content of a message in the text of its role.</summary>
    public const string Content = "{content}";

    /// <summary>Names before each turn, on a line of their own, and an empty line between turns.</summary>
    public static ChatTemplate Plain { get; } = new()
    {
        Roles = new Dictionary<string, string>
        {
            ["system"] = "{content}\n\n",
            ["developer"] = "{content}\n\n",
            ["user"] = "User:\n{content}\n\n",
            ["assistant"] = "Assistant:\n{content}\n\n",
        },
        Reply = "Assistant:\n",
        Stop = ["\n\nUser:", "\nUser:"],
    };

    /// <summary>What the prompt begins with, unless it continues a session.</summary>
    public string Begin { get; init; } = "";

    /// <summary>The text of a turn by role, each with <see cref="Content"/> once.</summary>
    public required IReadOnlyDictionary<string, string> Roles { get; init; }

    /// <summary>What comes before the reply.</summary>
    public required string Reply { get; init; }

    /// <summary>Strings that end the reply.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>What ends a reply that a session remembers: the text of the role <c>assistant</c> after the content. Empty where the template lacks this role.</summary>
    public string ReplyEnd => Roles.GetValueOrDefault("assistant") is { } turn ? turn[(turn.IndexOf(Content, StringComparison.Ordinal) + Content.Length)..] : "";

    /// <summary>The prompt of a conversation.</summary>
    /// <param name="messages">Role and content of each message; the roles must be those of the template.</param>
    /// <param name="continues">Whether it continues a session, so that <see cref="Begin"/> was read before.</param>
    public string Render(IEnumerable<(string Role, string Content)> messages, bool continues = false)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return string.Concat(Pieces(messages, continues).Select(piece => piece.Text));
    }

    /// <summary>The prompt in pieces; those of messages come from outside.</summary>
    private IEnumerable<(string Text, bool IsContent)> Pieces(IEnumerable<(string Role, string Content)> messages, bool continues)
    {
        if (!continues)
        {
            yield return (Begin, false);
        }

        foreach ((string role, string content) in messages)
        {
            string turn = Roles[role];
            int place = turn.IndexOf(Content, StringComparison.Ordinal);
            yield return (turn[..place], false);
            yield return (content, true);
            yield return (turn[(place + Content.Length)..], false);
        }

        yield return (Reply, false);
    }

    /// <summary>
    /// The tokens of the prompt of a conversation. The name of a special token in a message is read as plain text, so that a message cannot end a turn;
    /// in the template it is the token.
    /// </summary>
    /// <param name="vocabulary">The vocabulary of the model.</param>
    /// <param name="messages">Role and content of each message; the roles must be those of the template.</param>
    /// <param name="continues">Whether it continues a session, so that <see cref="Begin"/> was read before.</param>
    public int[] Encode(Vocabulary vocabulary, IReadOnlyList<(string Role, string Content)> messages, bool continues = false)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(messages);
        Vocabulary plain = vocabulary.ReadingSpecialTokensAsText();
        bool holdsNames = !ReferenceEquals(plain, vocabulary)
            && messages.Any(message => !Tokens(vocabulary, message.Content).AsSpan().SequenceEqual(Tokens(plain, message.Content)));
        return holdsNames
            ? [.. Pieces(messages, continues).SelectMany(piece => Tokens(piece.IsContent ? plain : vocabulary, piece.Text))]
            : Tokens(vocabulary, Render(messages, continues));
    }

    /// <summary>Reads a template from a JSON file with the members <c>begin</c>, <c>roles</c>, <c>reply</c> and <c>stop</c>.</summary>
    /// <exception cref="InputException">The file cannot be read, or is no such template; the message names the member.</exception>
    public static ChatTemplate Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = JsonFile.Read(path, ChatTemplateReader.MaxBytes);
        try
        {
            return ChatTemplateReader.Read(content);
        }
        catch (InputException exception)
        {
            throw new InputException($"'{path}' is no chat template: {exception.Message}", exception);
        }
    }

    private static int[] Tokens(Vocabulary vocabulary, string text) => Prompt.Of(text).Encode(vocabulary, continues: true).Tokens;
}
