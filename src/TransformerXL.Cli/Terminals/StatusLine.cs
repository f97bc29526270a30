using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Terminals;

/// <summary>
/// A status line that is rewritten during long work and removed afterwards. If lines cannot be
/// rewritten, separate lines at intervals; nothing with <c>--quiet</c>.
/// </summary>
internal sealed class StatusLine(Terminal terminal) : IDisposable
{
    private const string ClearLine = "\r\u001b[K";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100), FirstLine = TimeSpan.FromSeconds(5), MaxBetweenLines = TimeSpan.FromMinutes(1);
    private long _begin = terminal.Clock.GetTimestamp();
    private TimeSpan _nextLine = FirstLine;
    private long _last;
    private bool _shown, _ended;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => terminal.Clock;

    /// <summary>Shows a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="always">Whether it is shown also directly after another one, because no other may follow soon.</param>
    public void Show(string text, bool always = false)
    {
        if (terminal.IsQuiet || _ended)
        {
            return;
        }

        if (!terminal.ErrorIsScreen)
        {
            ShowLine(text);
            return;
        }

        if (!always && _shown && terminal.Clock.GetElapsedTime(_last) < Pause)
        {
            return;
        }

        (_last, _shown) = (terminal.Clock.GetTimestamp(), true);
        WriteRaw(ClearLine + VisibleText.Of(ScreenText.Fit(text, Math.Max(20, terminal.ErrorConsole.Profile.Width - 1))));
    }

    /// <summary>Removes the line for good: what is shown afterwards is ignored.</summary>
    public void Dispose()
    {
        Clear();
        _ended = true;
    }

    /// <summary>Removes the line; the next one belongs to new work that has just begun.</summary>
    public void Clear()
    {
        if (_shown)
        {
            WriteRaw(ClearLine);
            _shown = false;
        }

        (_begin, _nextLine) = (terminal.Clock.GetTimestamp(), FirstLine);
    }

    /// <summary>First every five seconds, later every minute, so that a log stays short.</summary>
    private void ShowLine(string text)
    {
        TimeSpan elapsed = terminal.Clock.GetElapsedTime(_begin);
        if (elapsed < _nextLine)
        {
            return;
        }

        TimeSpan pause = elapsed / 4;
        _nextLine = elapsed + (pause < FirstLine ? FirstLine : pause > MaxBetweenLines ? MaxBetweenLines : pause);
        terminal.Error.WriteLine($"txl: {text}");
    }

    private void WriteRaw(string text)
    {
        TextWriter raw = terminal.ErrorConsole.Profile.Out.Writer;
        raw.Write(text);
        raw.Flush();
    }
}
