using System.Globalization;

namespace TransformerXL.Training.Synthetic;

/// <summary>Blocks of random letters, each of which is repeated several times: every repetition is determined by the characters one period back.</summary>
public sealed class PeriodicLanguage : SyntheticLanguage
{
    private readonly int _period, _times, _symbols;

    /// <summary>Creates the language.</summary>
    /// <param name="period">Characters of a block.</param>
    /// <param name="symbols">Letters, each equally likely.</param>
    /// <param name="times">How often a block is written.</param>
    /// <exception cref="InputException">A number is out of range.</exception>
    public PeriodicLanguage(int period = 256, int symbols = 26, int times = 4)
    {
        Require.Between("period", period, 1, 1 << 20);
        Require.Between("symbols", symbols, 1, 26);
        Require.Between("times", times, 1, 1 << 20);
        (_period, _times, _symbols) = (period, times, symbols);
    }

    /// <inheritdoc/>
    public override string Name => "periodic";

    private protected override object[] Settings => [_period, _times, _symbols];

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"blocks of {_period} random letters out of {_symbols}, each written {_times} times");

    /// <inheritdoc/>
    public override double EntropyRate => Math.Log(_symbols) / _times;

    internal override IEnumerable<SyntheticCharacter> Generate(Func<int, int> choose)
    {
        char[] block = new char[_period];
        while (true)
        {
            for (int i = 0; i < _period; i++)
            {
                block[i] = (char)('a' + choose(_symbols));
                yield return new(block[i], Math.Log(_symbols), 0);
            }

            for (long i = 0; i < (_times - 1L) * _period; i++)
            {
                yield return new(block[i % _period], 0, _period);
            }
        }
    }
}
