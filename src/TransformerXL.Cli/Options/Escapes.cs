using System.Text;

namespace TransformerXL.Cli.Options;

/// <summary>Characters that are hard to type into a shell.</summary>
internal static class Escapes
{
    /// <summary>Replaces <c>\n</c>, <c>\t</c> and <c>\\</c>; a backslash before anything else stays.</summary>
    public static string Resolve(string text)
    {
        StringBuilder resolved = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char? meant = text[i] != '\\' || i + 1 == text.Length ? null : text[i + 1] switch { 'n' => '\n', 't' => '\t', '\\' => '\\', _ => null };
            resolved.Append(meant ?? text[i]);
            i += meant is null ? 0 : 1;
        }

        return resolved.ToString();
    }
}
