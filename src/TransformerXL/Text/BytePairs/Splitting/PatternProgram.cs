namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>The operation of a step of a <see cref="PatternProgram"/>.</summary>
internal enum PatternStepKind
{
    /// <summary>Reads one character of the set <c>A</c>.</summary>
    Character,

    /// <summary>Continues at <c>A</c>, or with lower preference at <c>B</c>.</summary>
    Fork,

    /// <summary>Continues at the next step if the next character is in the set <c>A</c>.</summary>
    Followed,

    /// <summary>Continues at the next step if the next character is not in the set <c>A</c>, or there is none.</summary>
    NotFollowed,

    /// <summary>The text read so far matches.</summary>
    Match,
}

/// <summary>One step.</summary>
internal readonly record struct PatternStep(PatternStepKind Kind, int A, int B);

/// <summary>A pattern as the steps of a nondeterministic automaton (Thompson 1968); of two alternatives the first is preferred.</summary>
internal sealed class PatternProgram
{
    private const int MaxSteps = 1024, MaxSets = 128;

    private readonly List<PatternStep> _steps = [];
    private readonly List<CharacterSet> _sets = [];

    /// <exception cref="InputException">The pattern is too large, or a possessive repetition changes what it matches.</exception>
    public PatternProgram(PatternNode pattern)
    {
        List<(int Set, int Exit)> possessive = [];
        Add(pattern, possessive);
        Emit(PatternStepKind.Match);
        Kinds = new CharacterKinds(_sets);
        foreach ((int set, int exit) in possessive)
        {
            RequireNothingToGiveBack(set, exit);
        }
    }

    public IReadOnlyList<PatternStep> Steps => _steps;

    public CharacterKinds Kinds { get; }

    private void Add(PatternNode node, List<(int Set, int Exit)> possessive)
    {
        switch (node)
        {
            case PatternNode.Character character:
                Emit(PatternStepKind.Character, SetNumber(character.Set));
                break;
            case PatternNode.Lookahead look:
                Emit(look.IsNegative ? PatternStepKind.NotFollowed : PatternStepKind.Followed, SetNumber(look.Set));
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode part in sequence.Parts)
                {
                    Add(part, possessive);
                }
                break;
            case PatternNode.Choice choice:
                AddChoice(choice.Parts, possessive);
                break;
            case PatternNode.Repeat repeat:
                AddRepeat(repeat, possessive);
                break;
        }
    }

    private void AddChoice(IReadOnlyList<PatternNode> parts, List<(int Set, int Exit)> possessive)
    {
        List<int> exits = [];
        for (int i = 0; i + 1 < parts.Count; i++)
        {
            int fork = Emit(PatternStepKind.Fork, _steps.Count + 1);
            Add(parts[i], possessive);
            exits.Add(Emit(PatternStepKind.Fork));
            _steps[fork] = _steps[fork] with { B = _steps.Count };
        }
        Add(parts[^1], possessive);
        foreach (int exit in exits)
        {
            _steps[exit] = new PatternStep(PatternStepKind.Fork, _steps.Count, _steps.Count);
        }
    }

    private void AddRepeat(PatternNode.Repeat repeat, List<(int Set, int Exit)> possessive)
    {
        for (int i = 0; i < repeat.Minimum; i++)
        {
            Add(repeat.Part, possessive);
        }
        List<int> forks = [];
        for (int i = repeat.Minimum; i < repeat.Maximum; i++)
        {
            forks.Add(Emit(PatternStepKind.Fork, _steps.Count + 1));
            Add(repeat.Part, possessive);
        }
        if (repeat.Maximum < 0)
        {
            forks.Add(Emit(PatternStepKind.Fork, _steps.Count + 1));
            Add(repeat.Part, possessive);
            Emit(PatternStepKind.Fork, forks[^1], forks[^1]);
        }
        foreach (int fork in forks)
        {
            _steps[fork] = repeat.Kind == RepeatKind.Lazy ? new(PatternStepKind.Fork, _steps.Count, fork + 1) : new(PatternStepKind.Fork, fork + 1, _steps.Count);
        }
        if (repeat is { Kind: RepeatKind.Possessive, Part: PatternNode.Character character })
        {
            possessive.Add((SetNumber(character.Set), _steps.Count));
        }
    }

    /// <summary>
    /// A possessive repetition equals a greedy one if backtracking cannot help: the rest always matches, or cannot begin with any of the repeated characters.
    /// </summary>
    private void RequireNothingToGiveBack(int set, int exit)
    {
        var reached = new HashSet<int>();
        var open = new Stack<int>([exit]);
        bool isConditional = false, canEnd = false, canBegin = false;
        while (open.TryPop(out int at))
        {
            if (!reached.Add(at))
            {
                continue;
            }
            PatternStep step = _steps[at];
            switch (step.Kind)
            {
                case PatternStepKind.Fork:
                    open.Push(step.A);
                    open.Push(step.B);
                    break;
                case PatternStepKind.Match:
                    canEnd = true;
                    break;
                case PatternStepKind.Character:
                    canBegin |= Enumerable.Range(0, Kinds.Count).Any(kind => Kinds.IsMember(kind, set) && Kinds.IsMember(kind, step.A));
                    break;
                default:
                    isConditional = true;
                    break;
            }
        }
        if (isConditional || (!canEnd && canBegin))
        {
            throw new InputException("a possessive repetition where a greedy one would backtrack");
        }
    }

    private int SetNumber(CharacterSet set)
    {
        int number = _sets.IndexOf(set);
        if (number >= 0)
        {
            return number;
        }
        if (_sets.Count == MaxSets)
        {
            throw new InputException($"it has more than {MaxSets} sets of characters");
        }
        _sets.Add(set);
        return _sets.Count - 1;
    }

    private int Emit(PatternStepKind kind, int a = 0, int b = 0)
    {
        if (_steps.Count == MaxSteps)
        {
            throw new InputException($"it takes more than {MaxSteps} steps");
        }
        _steps.Add(new PatternStep(kind, a, b));
        return _steps.Count - 1;
    }
}
