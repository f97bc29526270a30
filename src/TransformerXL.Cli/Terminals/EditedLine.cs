using System.Globalization;

namespace TransformerXL.Cli.Terminals;

/// <summary>A line that is being typed, and the lines before it, which the arrow keys bring back.</summary>
internal sealed class EditedLine
{
    private const int MaxHistory = 1000;

    private readonly List<string> _history = [];
    private string _draft = "";
    private int _place;

    /// <summary>The line.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Characters before the cursor.</summary>
    public int Cursor { get; private set; }

    /// <summary>Begins a new line.</summary>
    public void Begin() => (Text, Cursor, _place) = ("", 0, _history.Count);

    /// <summary>Ends the line, which later ones can bring back.</summary>
    public void End()
    {
        Cursor = Text.Length;
        if (Text.Length > 0 && (_history.Count == 0 || _history[^1] != Text))
        {
            _history.Add(Text);
            _history.RemoveRange(0, Math.Max(0, _history.Count - MaxHistory));
        }
    }

    /// <summary>Whether a key is a letter with Ctrl.</summary>
    public static bool IsControl(ConsoleKeyInfo key, ConsoleKey letter) => key.Key == letter && key.Modifiers.HasFlag(ConsoleModifiers.Control);

    /// <summary>Changes the line as a key says.</summary>
    public void Handle(ConsoleKeyInfo key)
    {
        bool byWord = (key.Modifiers & (ConsoleModifiers.Control | ConsoleModifiers.Alt)) != 0;
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                Cursor = byWord ? WordBefore() : Before();
                break;
            case ConsoleKey.RightArrow:
                Cursor = byWord ? WordAfter() : After();
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when IsControl(key, ConsoleKey.A):
                Cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when IsControl(key, ConsoleKey.E):
                Cursor = Text.Length;
                break;
            case ConsoleKey.UpArrow:
                Show(_place - 1);
                break;
            case ConsoleKey.DownArrow:
                Show(_place + 1);
                break;
            case ConsoleKey.Backspace:
                Remove(byWord ? WordBefore() : Before(), Cursor);
                break;
            case ConsoleKey.W when IsControl(key, ConsoleKey.W):
                Remove(WordBefore(), Cursor);
                break;
            case ConsoleKey.Delete:
            case ConsoleKey.D when IsControl(key, ConsoleKey.D):
                Remove(Cursor, After());
                break;
            case ConsoleKey.U when IsControl(key, ConsoleKey.U):
                Remove(0, Cursor);
                break;
            case ConsoleKey.K when IsControl(key, ConsoleKey.K):
                Remove(Cursor, Text.Length);
                break;
            default:
                Insert(key.KeyChar);
                break;
        }
    }

    private void Insert(char value)
    {
        if (value == '\t' || !char.IsControl(value))
        {
            Text = Text.Insert(Cursor++, value.ToString());
        }
    }

    private void Remove(int begin, int end) => (Text, Cursor) = (Text.Remove(begin, end - begin), begin);

    /// <summary>Shows an earlier line; the one that is being written comes after the last.</summary>
    private void Show(int place)
    {
        if (place < 0 || place > _history.Count)
        {
            return;
        }

        if (_place == _history.Count)
        {
            _draft = Text;
        }

        _place = place;
        Text = place == _history.Count ? _draft : _history[place];
        Cursor = Text.Length;
    }

    /// <summary>The place one visible character before the cursor.</summary>
    private int Before() => StringInfo.ParseCombiningCharacters(Text).LastOrDefault(place => place < Cursor);

    private int After() => Cursor == Text.Length ? Cursor : Cursor + StringInfo.GetNextTextElementLength(Text, Cursor);

    private int WordBefore()
    {
        int place = Cursor;
        for (; place > 0 && char.IsWhiteSpace(Text[place - 1]); place--)
        {
        }

        for (; place > 0 && !char.IsWhiteSpace(Text[place - 1]); place--)
        {
        }

        return place;
    }

    private int WordAfter()
    {
        int place = Cursor;
        for (; place < Text.Length && char.IsWhiteSpace(Text[place]); place++)
        {
        }

        for (; place < Text.Length && !char.IsWhiteSpace(Text[place]); place++)
        {
        }

        return place;
    }
}
