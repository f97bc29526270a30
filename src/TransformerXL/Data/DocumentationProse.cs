using System.Text;

namespace TransformerXL.Data;

/// <summary>
/// Lays documented members out as text for a small character model: whole English sentences of plain characters, one block per type,
/// and no sentence twice (an API repeats itself a lot, and held-out text that was already read would flatter a model).
/// </summary>
internal sealed class DocumentationProse
{
    private const int LongestSentence = 1200;
    private const int FewestWords = 4;
    private const double SmallestShareOfLetters = 0.88;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>The block of one type, or an empty string if nothing of it is worth reading.</summary>
    public string Article(string typeName, IReadOnlyList<DocumentedMember> members, Func<string, IReadOnlyList<string>> typeParametersOf)
    {
        var text = new StringBuilder();
        foreach (DocumentedMember member in members.Where(member => !MemberName.IsObscure(member.Id)))
        {
            if (Accept(member.Summary) is not { } summary)
            {
                continue;
            }
            string heading = member.Id[0] == 'T' ? $"# {Heading(typeName, member)}" : MemberName.Signature(member, typeParametersOf);
            text.Append(heading).Append('\n').Append(summary).Append('\n');
            AppendDetails(text, member);
            text.Append('\n');
        }
        return text.ToString();
    }

    private static string Heading(string typeName, DocumentedMember type)
    {
        int tick = typeName.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? typeName : $"{typeName[..tick]}<{string.Join(", ", type.TypeParameters)}>";
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

    private static string PlainCharacters(string text) => text
        .Replace('\u2018', '\'').Replace('\u2019', '\'').Replace('\u201C', '"').Replace('\u201D', '"')
        .Replace('\u2013', '-').Replace('\u00A0', ' ')
        .Replace("\u2014", " - ", StringComparison.Ordinal).Replace("\u2026", "...", StringComparison.Ordinal)
        .Replace("\u2264", "<=", StringComparison.Ordinal).Replace("\u2265", ">=", StringComparison.Ordinal);

    private static bool IsProse(string text)
    {
        if (text.Length is 0 or > LongestSentence || !char.IsAsciiLetterUpper(text[0]) || text[^1] != '.' || text.Contains("__", StringComparison.Ordinal))
        {
            return false;
        }
        int letters = 0;
        int spaces = 0;
        foreach (char character in text)
        {
            if (character is < ' ' or > '~')
            {
                return false;
            }
            letters += char.IsAsciiLetter(character) ? 1 : 0;
            spaces += character == ' ' ? 1 : 0;
        }
        return spaces + 1 >= FewestWords && letters + spaces >= SmallestShareOfLetters * text.Length;
    }

    // Sentences that differ in a number only (Vector128, Vector256) count as the same.
    private static string KeyOf(string sentence) => string.Concat(sentence.Where(char.IsAsciiLetter));
}
