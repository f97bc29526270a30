using System.Buffers;
using System.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// Formats documented members as text for a small character model: whole English sentences of plain characters, one block per type,
/// and no sentence twice (API documentation repeats itself, and held-out text that is also in the training text would make a model look too good).
/// </summary>
internal sealed class DocumentationProse
{
    private const int LongestSentence = 1200;
    private const int MinWords = 4;
    private const double SmallestShareOfLetters = 0.88;

    // Without the characters of formulas and paths the vocabulary stays small and every symbol occurs often enough to be learned.
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,;:'\"()-/<>=#[]_+*?");
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>The block of one type, or an empty string if it has no usable sentences.</summary>
    public string Article(string typeName, IReadOnlyList<DocumentedMember> members, Func<string, IReadOnlyList<string>> typeParametersOf)
    {
        var text = new StringBuilder();
        foreach (DocumentedMember member in members.Where(member => !MemberName.IsObscure(member.Id)))
        {
            string? summary = Accept(member.Summary);
            if (summary is null)
            {
                continue;
            }
            if (text.Length == 0)
            {
                text.Append("# ").Append(Heading(typeName, typeParametersOf(typeName))).Append('\n');
            }
            if (member.Id[0] != 'T')
            {
                text.Append('\n').Append(MemberName.Signature(member, typeParametersOf)).Append('\n');
            }
            text.Append(summary).Append('\n');
            AppendDetails(text, member);
        }
        return text.Length > 0 ? text.Append('\n').ToString() : "";
    }

    private static string Heading(string typeName, IReadOnlyList<string> typeParameters)
    {
        int tick = typeName.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? typeName : $"{typeName[..tick]}<{string.Join(", ", typeParameters)}>";
    }

    private void AppendDetails(StringBuilder text, DocumentedMember member)
    {
        foreach ((string name, string description) in member.Parameters)
        {
            if (Accept(description) is { } sentence)
            {
                text.Append(name).Append(": ").Append(sentence).Append('\n');
            }
        }
        if (Accept(member.Returns) is { } returns)
        {
            text.Append("Returns: ").Append(returns).Append('\n');
        }
        if (Accept(member.Remarks) is { } remarks)
        {
            text.Append(remarks).Append('\n');
        }
    }

    private string? Accept(string raw)
    {
        string sentence = PlainCharacters(raw);
        return IsProse(sentence) && _seen.Add(KeyOf(sentence)) ? sentence : null;
    }

    /// <summary>The text with plain quotes and dashes.</summary>
    internal static string PlainCharacters(string text) => text
        .Replace('\u2018', '\'').Replace('\u2019', '\'').Replace('\u201C', '"').Replace('\u201D', '"')
        .Replace('\u2013', '-').Replace('\u00A0', ' ')
        .Replace("\u2014", " - ", StringComparison.Ordinal).Replace("\u2026", "...", StringComparison.Ordinal)
        .Replace("\u2264", "<=", StringComparison.Ordinal).Replace("\u2265", ">=", StringComparison.Ordinal)
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal);

    /// <summary>Whether a text is a whole sentence, or several, of plain characters.</summary>
    internal static bool IsProse(string text)
    {
        if (text.Length is 0 or > LongestSentence || !char.IsAsciiLetterUpper(text[0]) || text[^1] != '.'
            || text.Contains("__", StringComparison.Ordinal) || text.AsSpan().ContainsAnyExcept(s_plain))
        {
            return false;
        }
        int letters = 0;
        int spaces = 0;
        foreach (char character in text)
        {
            letters += char.IsAsciiLetter(character) ? 1 : 0;
            spaces += character == ' ' ? 1 : 0;
        }
        return spaces + 1 >= MinWords && letters + spaces >= SmallestShareOfLetters * text.Length;
    }

    // Sentences that differ only in names of types and in numbers count as the same ("Initializes a new instance of the X class.").
    internal static string KeyOf(string sentence)
    {
        var key = new StringBuilder(sentence.Length);
        foreach (string word in sentence.Split(' '))
        {
            bool name = key.Length > 0 && word.Any(char.IsAsciiLetterUpper);
            foreach (char character in name ? "" : word)
            {
                if (char.IsAsciiLetter(character))
                {
                    key.Append(character);
                }
            }
        }
        return key.ToString();
    }
}
