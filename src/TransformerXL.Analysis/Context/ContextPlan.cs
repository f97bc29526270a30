using TransformerXL.Files;

namespace TransformerXL.Analysis.Context;

/// <summary>The context lengths and the number of positions at which losses are measured. Lengths are in tokens.</summary>
public sealed record ContextPlan
{
    /// <summary>The maximum number of context lengths.</summary>
    public const int MaxLengths = 1000;

    /// <summary>The shortest context.</summary>
    public required int Start { get; init; }

    /// <summary>The difference between consecutive lengths.</summary>
    public required int Delta { get; init; }

    /// <summary>The maximum context length.</summary>
    public required int Maximum { get; init; }

    /// <summary>The maximum number of positions; fewer if the text has fewer.</summary>
    public int Positions { get; init; } = 512;

    /// <summary>Start, Start + Delta, ... up to <see cref="Maximum"/>.</summary>
    public IReadOnlyList<int> Lengths => [.. Enumerable.Range(0, ((Maximum - Start) / Delta) + 1).Select(step => Start + (step * Delta))];

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        const int Longest = 1 << 20;
        Require.Between("start", Start, 1, Longest);
        Require.Between("delta", Delta, 1, Longest);
        Require.Between("most", Maximum, Start, Longest);
        Require.Between("positions", Positions, 1, 1 << 24);
        Require.Between("the number of context lengths", ((Maximum - (long)Start) / Delta) + 1, 1, MaxLengths);
    }

    /// <summary>
    /// The positions in a text, ascending: all have the longest context before them, so that every length is measured at
    /// the same ones. They lie in rows with a distance of Delta, because a window that is read for one of them
    /// then also measures others with other lengths; the rows are spread over the text.
    /// </summary>
    /// <param name="tokens">Number of tokens of the text.</param>
    /// <exception cref="InputException">The text is too short.</exception>
    public IReadOnlyList<long> PositionsIn(long tokens)
    {
        Validate();
        IReadOnlyList<int> lengths = Lengths;
        long first = lengths[^1], available = tokens - first;
        Require.That(available > 0, $"the text has {Counted.Of(tokens, "token")}, but a context of {first} needs at least {first + 1}; choose a smaller maximum length", [new("maximum")]);
        long fit = ((available - 1) / Delta) + 1, row = Math.Min(Math.Min(Positions, fit), Math.Max(16, 4 * lengths.Count)), rows = (Positions + row - 1) / row;
        return rows * row * Delta <= available ? Spread(first, available, row, rows) : Interleaved(first, available, fit);
    }

    private long[] Spread(long first, long available, long row, long rows) =>
        [.. Enumerable.Range(0, Positions).Select(i => first + (available / rows * (i / row)) + (i % row * Delta))];

    /// <summary>The text is too short for consecutive rows: each row spans all of it, shifted by a part of Delta.</summary>
    private long[] Interleaved(long first, long available, long fit)
    {
        long rows = Math.Min(Delta, (Positions + fit - 1) / fit);
        IEnumerable<long> positions =
            from row in Enumerable.Range(0, (int)rows)
            from offset in Multiples(row * (long)Delta / rows, available)
            select first + offset;
        return [.. positions.Take(Positions).Order()];
    }

    private IEnumerable<long> Multiples(long offset, long end)
    {
        for (; offset < end; offset += Delta)
        {
            yield return offset;
        }
    }
}
