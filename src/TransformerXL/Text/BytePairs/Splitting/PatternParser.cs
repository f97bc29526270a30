using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>
/// Parses the regular expressions of tokenizers: characters, classes, categories, groups, alternatives, repetitions, <c>(?i:...)</c>, and
/// a lookahead of one character. Features that an automaton cannot decide (back references, lookbehind, ...), or that engines interpret differently, are rejected
/// by name.
/// </summary>
internal sealed class PatternParser
{
    /// <summary>Maximum length of a pattern; common patterns have a few hundred characters.</summary>
    public const int MaxLength = 4096;

    private const int MaxDepth = 32, MaxRepeat = 1000;

    private readonly Rune[] _runes;
    private readonly PatternSetParser _sets;
    private int _at;
    private bool _ignoreCase;

    private PatternParser(string pattern)
    {
        if (pattern.Length is 0 or > MaxLength)
        {
            throw new InputException($"the pattern has {pattern.Length} characters; 1 to {MaxLength} are accepted");
        }
        _runes = [.. pattern.EnumerateRunes()];
        _sets = new PatternSetParser(_runes);
    }

    /// <exception cref="InputException">The pattern has an error, or uses an unsupported feature.</exception>
    public static PatternNode Parse(string pattern)
    {
        try
        {
            var parser = new PatternParser(pattern);
            PatternNode node = parser.Choice(0);
            return parser.Peek() < 0 ? node : throw new InputException("there is a ')' without a '('");
        }
        catch (InputException exception)
        {
            throw new InputException($"the pattern '{InputText.Show(pattern)}' is not supported: {exception.Message}", exception);
        }
    }

    private PatternNode Choice(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InputException($"groups are nested more than {MaxDepth} deep");
        }
        List<PatternNode> parts = [Sequence(depth)];
        while (Take('|'))
        {
            parts.Add(Sequence(depth));
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Choice(parts);
    }

    private PatternNode.Sequence Sequence(int depth)
    {
        List<PatternNode> parts = [];
        while (Peek() is >= 0 and not '|' and not ')')
        {
            parts.Add(Repetition(Atom(depth)));
        }
        return new PatternNode.Sequence(parts);
    }

    private PatternNode Repetition(PatternNode part)
    {
        if (!TryCount(out int min, out int max, out bool isBraces))
        {
            return part;
        }
        if (part is PatternNode.Lookahead)
        {
            throw new InputException("a lookahead is repeated");
        }
        RepeatKind kind = Take('?') ? RepeatKind.Lazy : !isBraces && Take('+') ? RepeatKind.Possessive : RepeatKind.Greedy;
        if (kind == RepeatKind.Possessive && part is not PatternNode.Character)
        {
            throw new InputException("a possessive repetition (*+, ++, ?+) of more than one character");
        }
        return Peek() is '*' or '+' or '?' or '{'
            ? throw new InputException("a repetition is repeated")
            : new PatternNode.Repeat(part, min, max, kind);
    }

    private bool TryCount(out int min, out int max, out bool isBraces)
    {
        (min, max, isBraces) = (0, -1, Peek() == '{');
        switch (Peek())
        {
            case '*':
                break;
            case '+':
                min = 1;
                break;
            case '?':
                max = 1;
                break;
            case '{':
                _at++;
                ReadBraces(out min, out max);
                return true;
            default:
                return false;
        }
        _at++;
        return true;
    }

    private void ReadBraces(out int min, out int max)
    {
        int? low = Number();
        bool isRange = Take(',');
        int? high = isRange ? Number() : low;
        if (!Take('}') || (low is null && high is null))
        {
            throw new InputException("a '{' that begins no repetition such as {1,3}");
        }
        (min, max) = (low ?? 0, high ?? -1);
        if (max >= 0 && max < min)
        {
            throw new InputException($"the repetition {{{min},{max}}} has a minimum above its maximum");
        }
    }

    private int? Number()
    {
        int begin = _at;
        int value = 0;
        for (; Peek() is >= '0' and <= '9'; _at++)
        {
            value = (value * 10) + (Peek() - '0');
            if (value > MaxRepeat)
            {
                throw new InputException($"a repetition of more than {MaxRepeat} times");
            }
        }
        return _at > begin ? value : null;
    }

    private PatternNode Atom(int depth)
    {
        switch (Peek())
        {
            case '(':
                _at++;
                return Group(depth);
            case '*' or '+' or '?' or '{':
                throw new InputException($"the '{(char)Peek()}' at character {_at} repeats nothing");
            case '^' or '$':
                throw new InputException($"the anchor '{(char)Peek()}'");
            default:
                return new PatternNode.Character(Single());
        }
    }

    /// <summary>The set of one character: a class, an escape, <c>.</c> or the character itself.</summary>
    private CharacterSet Single() => _sets.Parse(ref _at, _ignoreCase);

    private PatternNode Group(int depth)
    {
        bool ignoreCase = _ignoreCase;
        if (Take('?'))
        {
            int kind = Peek();
            _at++;
            switch (kind)
            {
                case ':':
                    break;
                case '=' or '!':
                    return Lookahead(kind == '!');
                case 'i' when Take(':'):
                    _ignoreCase = true;
                    break;
                case 'i' when Take(')'):
                    _ignoreCase = true;
                    return new PatternNode.Sequence([]);
                default:
                    throw new InputException($"the group '(?{(kind < 0 ? "" : char.ConvertFromUtf32(kind))}'");
            }
        }
        PatternNode node = Choice(depth + 1);
        _ignoreCase = ignoreCase;
        return Take(')') ? node : throw new InputException("a '(' without a ')'");
    }

    private PatternNode.Lookahead Lookahead(bool isNegative)
    {
        if (Peek() is < 0 or '(' or ')' or '|' or '^' or '$')
        {
            throw new InputException("a lookahead of something other than one character");
        }
        CharacterSet set = Single();
        return Take(')')
            ? new PatternNode.Lookahead(set, isNegative)
            : throw new InputException("a lookahead of something other than one character");
    }

    private int Peek() => _at < _runes.Length ? _runes[_at].Value : -1;

    private bool Take(char expected)
    {
        bool found = Peek() == expected;
        _at += found ? 1 : 0;
        return found;
    }
}
