using System.Globalization;
using System.Text;
using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Terminals;

/// <summary>
/// Reads lines from the keyboard of a screen: the line can be edited, and earlier lines come back with the arrow keys. It draws where errors go, so that
/// standard output holds results only.
/// </summary>
/// <param name="terminal">Where it draws.</param>
/// <param name="readKey">Waits for a key.</param>
internal sealed class LineEditor(Terminal terminal, Func<ConsoleKeyInfo> readKey) : ILineSource
{
    private readonly EditedLine _line = new();
    private string _prompt = "";
    private int _row;
    private Task<ConsoleKeyInfo>? _key;

    public bool HasText => _line.Text.Length > 0;

    public async Task<string?> ReadAsync(string prompt, CancellationToken cancellationToken)
    {
        (_row, _prompt) = (0, prompt);
        _line.Begin();
        Draw();
        while (true)
        {
            // A key that is waited for when the wait is cancelled belongs to the next line.
            _key ??= Task.Run(readKey, CancellationToken.None);
            ConsoleKeyInfo key;
            try
            {
                key = await _key.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Leave();
                throw;
            }

            _key = null;
            if (IsEnter(key))
            {
                Leave();
                return _line.Text;
            }

            if (EditedLine.IsControl(key, ConsoleKey.D) && _line.Text.Length == 0)
            {
                Leave();
                return null;
            }

            _line.Handle(key);
            Draw();
        }
    }

    private static bool IsEnter(ConsoleKeyInfo key) => key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n';

    /// <summary>Leaves the line as it stands and goes below it.</summary>
    private void Leave()
    {
        _line.End();
        Draw();
        Write("\r\n");
        _row = 0;
    }

    private void Draw()
    {
        if (_line.Cursor > 0 && char.IsHighSurrogate(_line.Text[_line.Cursor - 1]))
        {
            // The other half comes with the next key.
            return;
        }

        string shown = _prompt + VisibleText.Of(_line.Text).Replace('\t', ' ').Replace('\n', ' ');
        (int endRow, int endColumn) = PlaceOf(shown);
        (int row, int column) = PlaceOf(shown[..(_prompt.Length + _line.Cursor)]);
        StringBuilder screen = new();
        Move(screen, _row, 'A');
        screen.Append("\r\u001b[J").Append(shown);
        // A full line leaves the cursor in its last column.
        screen.Append(endColumn == 0 && endRow > 0 ? "\r\n" : "");
        Move(screen, endRow - row, 'A');
        screen.Append('\r');
        Move(screen, column, 'C');
        Write(screen.ToString());
        _row = row;
    }

    private static void Move(StringBuilder screen, int steps, char direction)
    {
        if (steps > 0)
        {
            screen.Append(CultureInfo.InvariantCulture, $"\u001b[{steps}{direction}");
        }
    }

    /// <summary>Row and column after a text that begins in the first column.</summary>
    private (int Row, int Column) PlaceOf(string text)
    {
        int width = terminal.ErrorConsole.Profile.Width, row = 0, column = 0;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            int columns = ScreenText.Columns(elements.GetTextElement());
            (row, column) = column + columns > width ? (row + 1, columns) : (row, column + columns);
            (row, column) = column == width ? (row + 1, 0) : (row, column);
        }

        return (row, column);
    }

    private void Write(string text)
    {
        TextWriter raw = terminal.ErrorConsole.Profile.Out.Writer;
        raw.Write(text);
        raw.Flush();
    }
}
