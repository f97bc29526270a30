namespace TransformerXL.Cli.Terminals;

/// <summary>One line below the text that is rewritten while something takes long, and vanishes when it is over. Nothing where lines cannot be rewritten.</summary>
internal sealed class StatusLine(Terminal terminal) : IDisposable
{
    private const string ClearLine = "\r\u001b[K";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private long _last;
    private bool _shown;

    public void Show(string text)
    {
        if (!terminal.ErrorIsScreen || (_shown && terminal.Clock.GetElapsedTime(_last) < Pause))
        {
            return;
        }

        (_last, _shown) = (terminal.Clock.GetTimestamp(), true);
        terminal.Error.Write(ClearLine + Screens.ScreenText.Shorten(text, Math.Max(20, terminal.ErrorConsole.Profile.Width - 1)));
        terminal.Error.Flush();
    }

    public void Dispose()
    {
        if (_shown)
        {
            terminal.Error.Write(ClearLine);
            terminal.Error.Flush();
            _shown = false;
        }
    }
}
