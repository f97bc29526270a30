using System.Globalization;
using System.Text;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>Reads the sets of characters in a pattern: <c>[...]</c>, escapes such as <c>\s</c> and <c>\p{L}</c>, <c>.</c>, single characters.</summary>
internal sealed class PatternSetParser(Rune[] runes)
{
    private int _at;
    private bool _ignoreCase;

    /// <summary>Reads the set that begins at <paramref name="at"/> and moves past it.</summary>
    public CharacterSet Parse(ref int at, bool ignoreCase)
    {
        (_at, _ignoreCase) = (at, ignoreCase);
        CharacterSet set = Next() switch
        {
            '[' => Class(),
            '\\' => Escape(isInClass: false, out int literal) ?? Literal(literal),
            '.' => new CharacterSet { IsComplement = true }.Add('\n', '\n'),
            int literal => Literal(literal),
        };
        at = _at;
        return set;
    }

    private CharacterSet Class()
    {
        var set = new CharacterSet { IgnoresCase = _ignoreCase };
        if (Peek() == '^')
        {
            _at++;
            set.IsComplement = true;
        }
        if (Peek() == ']')
        {
            throw new InputException("a class that begins with ']'");
        }
        while (Peek() != ']')
        {
            AddMember(set);
        }
        _at++;
        return set;
    }

    private void AddMember(CharacterSet set)
    {
        int first = Next();
        if (first == '[' || (first == '&' && Peek() == '&'))
        {
            throw new InputException(first == '[' ? "a class within a class (write \\[ for the character)" : "an intersection of classes (&&)");
        }
        if (first == '\\' && Escape(isInClass: true, out first) is { } escaped)
        {
            set.Add(escaped);
            return;
        }
        int last = first;
        if (Peek() == '-' && _at + 1 < runes.Length && runes[_at + 1].Value != ']')
        {
            _at++;
            last = Next();
            if (last == '[' || (last == '\\' && Escape(isInClass: true, out last) is not null) || last < first)
            {
                throw new InputException("a range of characters without a first and a last one");
            }
        }
        RequireFoldable(first);
        RequireFoldable(last);
        set.Add(first, last);
    }

    /// <summary>The set of an escape, or null and the escaped character.</summary>
    private CharacterSet? Escape(bool isInClass, out int literal)
    {
        literal = Next();
        switch (literal)
        {
            case 's' or 'd' or 'w':
                return Named((char)literal);
            case 'S' or 'D' or 'W':
                return new CharacterSet { IsComplement = true }.Add(Named(char.ToLowerInvariant((char)literal)));
            case 'p' or 'P':
                return Property(isComplement: literal == 'P');
            case 'n' or 'r' or 't' or 'f' or 'v':
                literal = literal switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'f' => '\f', _ => '\v' };
                return null;
            case 'x' or 'u':
                literal = Hexadecimal(literal == 'x' ? 2 : 4);
                return null;
            case < 0x80 when char.IsAsciiLetterOrDigit((char)literal):
                throw new InputException($"the escape '\\{(char)literal}'{(isInClass ? " in a class" : "")}");
            default:
                return null;
        }
    }

    private static CharacterSet Named(char name) => name switch
    {
        'd' => new CharacterSet().Add(UnicodeCategory.DecimalDigitNumber),
        's' => UnicodeCategories.Space(),
        _ => UnicodeCategories.Parse("L")!.Add(UnicodeCategories.Parse("M")!).Add(UnicodeCategory.DecimalDigitNumber).Add(UnicodeCategory.ConnectorPunctuation),
    };

    private CharacterSet Property(bool isComplement)
    {
        var name = new StringBuilder();
        if (Next() != '{')
        {
            throw new InputException("a '\\p' without a '{'");
        }
        if (Peek() == '^')
        {
            _at++;
            isComplement = !isComplement;
        }
        for (int next = Next(); next != '}'; next = Next())
        {
            name.Append(char.ConvertFromUtf32(next));
        }
        CharacterSet set = UnicodeCategories.Parse(name.ToString()) ?? throw new InputException($"the property \\p{{{name}}}; general categories such as L, Lu and N are supported");
        return _ignoreCase && name.ToString() is "Lu" or "Ll" or "Lt"
            ? throw new InputException($"the property \\p{{{name}}} regardless of case")
            : isComplement ? new CharacterSet { IsComplement = true }.Add(set) : set;
    }

    private int Hexadecimal(int digits)
    {
        bool hasBraces = Peek() == '{';
        _at += hasBraces ? 1 : 0;
        int value = 0, count = 0;
        for (; (hasBraces ? count < 6 : count < digits) && Peek() is >= 0 and < 0x80 and int digit && char.IsAsciiHexDigit((char)digit); count++, _at++)
        {
            value = (value << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
        }
        if (count == 0 || (!hasBraces && count < digits) || (hasBraces && Next() != '}') || !Rune.IsValid(value))
        {
            throw new InputException("a hexadecimal escape that is not a character");
        }
        return value;
    }

    private CharacterSet Literal(int codePoint)
    {
        RequireFoldable(codePoint);
        return new CharacterSet { IgnoresCase = _ignoreCase }.Add(codePoint, codePoint);
    }

    /// <summary>Engines fold the case of other letters differently.</summary>
    private void RequireFoldable(int codePoint)
    {
        if (_ignoreCase && codePoint >= 0x80 && Rune.IsLetter(new Rune(codePoint)))
        {
            throw new InputException($"the letter '{new Rune(codePoint)}' regardless of case; ASCII letters are supported");
        }
    }

    private int Peek() => _at < runes.Length ? runes[_at].Value : -1;

    private int Next() => _at < runes.Length ? runes[_at++].Value : throw new InputException("it ends within a class or an escape");
}
