using System.Text;
using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Terminals;

/// <summary>
/// Writes text as <see cref="VisibleText"/>; whole lines that are too long for a screen are wrapped between words. Several threads
/// may write; each piece is written atomically.
/// </summary>
/// <param name="inner">The output.</param>
/// <param name="width">Columns of the screen; null if it is not a screen.</param>
internal sealed class VisibleWriter(TextWriter inner, Func<int>? width = null) : TextWriter(inner.FormatProvider)
{
    private readonly Lock _lock = new();

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_lock)
        {
            if (VisibleText.Find(buffer, 0) < 0)
            {
                inner.Write(buffer);
            }
            else
            {
                inner.Write(VisibleText.Of(buffer));
            }
        }
    }

    /// <summary>Writes text and line end together.</summary>
    public override void WriteLine(string? value)
    {
        if (width is null || value is null || value.Length < width())
        {
            Write(value + NewLine);
            return;
        }

        int columns = width() - 1;
        Write(string.Join(NewLine, value.Split('\n').SelectMany(line => ScreenText.WrapWords(line.TrimEnd('\r'), columns))) + NewLine);
    }

    public override void Flush()
    {
        lock (_lock)
        {
            inner.Flush();
        }
    }
}
