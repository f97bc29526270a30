using System.Globalization;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// Brackets that are closed in the order in which they must be (Dyck words of bounded depth): <c>abBcCA</c>, a lower-case letter opens
/// and its capital closes. Between the minimum and the maximum depth opening and closing are equally likely, as is every kind of
/// bracket. A closing bracket is determined by the bracket that it closes, however far back that is.
/// </summary>
public sealed class NestedLanguage : SyntheticLanguage
{
    private readonly int _depth, _symbols;

    /// <summary>Creates the language.</summary>
    /// <param name="depth">Maximum number of open brackets.</param>
    /// <param name="symbols">Kinds of brackets.</param>
    /// <exception cref="InputException">A number is out of range.</exception>
    public NestedLanguage(int depth = 24, int symbols = 8)
    {
        Require.Between("depth", depth, 1, 1 << 16);
        Require.Between("symbols", symbols, 1, 26);
        (_depth, _symbols) = (depth, symbols);
    }

    /// <inheritdoc/>
    public override string Name => "nested";

    private protected override object[] Settings => [_depth, _symbols];

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{_symbols} kinds of brackets, nested up to {_depth} deep");

    /// <summary>
    /// The depth is a random walk between 0 and D: it spends 1 / (2 D) of the time at each limit and 1 / D at each depth
    /// between. There a character carries the choice to open or close (ln 2) and, if it opens, the kind (ln K); at depth 0 only the kind.
    /// </summary>
    public override double EntropyRate
    {
        get
        {
            double kind = Math.Log(_symbols), between = (_depth - 1.0) / _depth;
            return (between * (Math.Log(2) + (kind / 2))) + (kind / (2 * _depth));
        }
    }

    internal override IEnumerable<SyntheticCharacter> Generate(Func<int, int> choose)
    {
        Stack<(int Kind, long Place)> open = [];
        for (long place = 0; ; place++)
        {
            bool free = open.Count > 0 && open.Count < _depth;
            double way = free ? Math.Log(2) : 0;
            if (open.Count == 0 || (free && choose(2) == 0))
            {
                int kind = choose(_symbols);
                open.Push((kind, place));
                yield return new((char)('a' + kind), way + Math.Log(_symbols), 0);
            }
            else
            {
                (int kind, long opened) = open.Pop();
                yield return new((char)('A' + kind), way, (int)Math.Min(place - opened, int.MaxValue));
            }
        }
    }
}
