using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>The format of <c>merges.txt</c>: a line <c>#version: ...</c>, then two names with a space between them in each line.</summary>
internal static class MergesText
{
    private const string VersionMark = "#version";

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="InputException">A line has another format; the message does not name the file.</exception>
    public static void Parse(byte[] content, BytePairModelBuilder builder)
    {
        int number = 0;
        ReadOnlySpan<char> text = Decode(content);
        foreach (ReadOnlySpan<char> ended in text.EnumerateLines())
        {
            number++;
            bool isVersion = number == 1 && ended.StartsWith(VersionMark, StringComparison.Ordinal);
            if (isVersion || ended.IsEmpty)
            {
                continue;
            }
            (string left, string right) = Split(ended.ToString(), $"line {number}");
            builder.AddMerge(left, right);
        }
    }

    /// <summary>The two names of <c>"a b"</c>.</summary>
    public static (string Left, string Right) Split(string? text, string what)
    {
        string[] parts = (text ?? "").Split(' ', 3);
        return parts is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw new InputException($"{what} is '{InputText.Show(text ?? "")}', not two names with a space between them");
    }

    public static byte[] ToUtf8(BytePairModel model)
    {
        string?[] names = model.Names();
        var text = new StringBuilder(VersionMark).Append(": 0.2\n");
        for (int rank = 0; rank < model.MergeCount; rank++)
        {
            BytePairMerge merge = model.Merge(rank);
            text.Append(names[merge.Left]).Append(' ').Append(names[merge.Right]).Append('\n');
        }
        return s_strictUtf8.GetBytes(text.ToString());
    }

    private static string Decode(byte[] content)
    {
        try
        {
            return s_strictUtf8.GetString(content);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InputException($"it is not valid UTF-8 at byte offset {exception.Index}", exception);
        }
    }
}
