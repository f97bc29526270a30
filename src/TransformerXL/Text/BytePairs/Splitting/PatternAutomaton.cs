using System.Runtime.InteropServices;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>
/// The deterministic automaton of a pattern. It finds the match that a backtracking engine prefers (leftmost, first alternative), reading each
/// character once: a state is the list of alternatives that are still possible, most preferred first. A match is reported when the next
/// character is known, so that a lookahead of one character needs no extra work.
/// </summary>
internal sealed class PatternAutomaton
{
    /// <summary>The state in which no alternative is left.</summary>
    public const int Dead = 0;

    /// <summary>The state before the first character.</summary>
    public const int Start = 1;

    /// <summary>Maximum number of table entries; common patterns have some thousands.</summary>
    private const int MaxEntries = 1 << 16;

    private readonly PatternProgram _program;
    private readonly int _width;
    private readonly List<int[]> _states = [[], [0]];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal) { [""] = Dead, [Key([0])] = Start };
    private readonly List<int> _table = [];
    private readonly bool[] _reached;
    private readonly Stack<int> _open = new();

    /// <exception cref="InputException">The automaton has too many states.</exception>
    private PatternAutomaton(PatternProgram program)
    {
        _program = program;
        _width = program.Kinds.Count + 1;
        _reached = new bool[program.Steps.Count];
        for (int state = 0; state < _states.Count; state++)
        {
            if (_states.Count * (long)_width > MaxEntries)
            {
                throw new InputException($"its automaton has more than {MaxEntries / _width} states");
            }
            for (int kind = 0; kind < _width; kind++)
            {
                _table.Add(Transition(_states[state], kind));
            }
        }
    }

    /// <summary>The table of an automaton: for a state and the kind of the next character (the last one: none) the next state times 2, plus 1 if the text before that character matches.</summary>
    public static int[] Build(PatternProgram program) => [.. new PatternAutomaton(program)._table];

    private int Transition(int[] state, int kind)
    {
        List<int> ways = Follow(state, kind, out bool matches);
        List<int> next = [];
        foreach (int step in ways)
        {
            if (kind < _width - 1 && _program.Kinds.IsMember(kind, _program.Steps[step].A))
            {
                next.Add(step + 1);
            }
        }
        return (Number(next) * 2) + (matches ? 1 : 0);
    }

    /// <summary>The steps that read a character, most preferred first; steps that are less preferred than a match are omitted.</summary>
    private List<int> Follow(int[] state, int kind, out bool matches)
    {
        matches = false;
        Array.Clear(_reached);
        List<int> ways = [];
        foreach (int begin in state)
        {
            _open.Push(begin);
            while (_open.TryPop(out int at))
            {
                if (_reached[at])
                {
                    continue;
                }
                _reached[at] = true;
                PatternStep step = _program.Steps[at];
                switch (step.Kind)
                {
                    case PatternStepKind.Fork:
                        _open.Push(step.B);
                        _open.Push(step.A);
                        break;
                    case PatternStepKind.Character:
                        ways.Add(at);
                        break;
                    case PatternStepKind.Match:
                        matches = true;
                        _open.Clear();
                        return ways;
                    default:
                        bool isFollowed = kind < _width - 1 && _program.Kinds.IsMember(kind, step.A);
                        if (isFollowed == (step.Kind == PatternStepKind.Followed))
                        {
                            _open.Push(at + 1);
                        }
                        break;
                }
            }
        }
        return ways;
    }

    private int Number(List<int> state)
    {
        int[] steps = [.. state];
        string key = Key(steps);
        if (!_numbers.TryGetValue(key, out int number))
        {
            number = _states.Count;
            _states.Add(steps);
            _numbers.Add(key, number);
        }
        return number;
    }

    private static string Key(int[] steps) => new(MemoryMarshal.Cast<int, char>(steps));
}
