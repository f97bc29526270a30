using TransformerXL.Files;
using TransformerXL.Tensors.Random;

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
    /// then also measures others with other lengths; the rows are spread over the text and begin at random places, the same at every call: a text whose period divides Delta
    /// would otherwise be measured at few places of its period.
    /// </summary>
    /// <param name="tokens">Number of tokens of the text.</param>
    /// <exception cref="InputException">The text is too short.</exception>
    public IReadOnlyList<long> PositionsIn(long tokens)
    {
        Validate();
        IReadOnlyList<int> lengths = Lengths;
        long first = lengths[^1], available = tokens - first;
        Require.That(available > 0, $"the text has {Counted.Of(tokens, "token")}, but a context of {first} needs at least {first + 1}; choose a smaller maximum length", [new("maximum")]);
        long fit = ((available - 1) / Delta) + 1, row = Math.Min(Math.Min(Positions, fit), Math.Max(8, 2 * lengths.Count)), rows = (Positions + row - 1) / row;
        return rows * row * Delta <= available ? Spread(first, available, row, rows) : Interleaved(first, available, fit);
    }

    private long[] Spread(long first, long available, long row, long rows)
    {
        RandomStream random = new(1);
        long[] begins = [.. Enumerable.Range(0, (int)rows).Select(i => Within(random, available * i / rows, (available * (i + 1) / rows) - (row * Delta) + 1))];
        return [.. Enumerable.Range(0, Positions).Select(i => first + begins[i / row] + (i % row * Delta))];
    }

    /// <summary>The text is too short for consecutive rows: each row spans all of it, shifted by less than Delta.</summary>
    private long[] Interleaved(long first, long available, long fit)
    {
        RandomStream random = new(1);
        long shortest = Math.Max(1, fit - 1), rows = Math.Min(Delta, (Positions + shortest - 1) / shortest);
        IEnumerable<long> positions =
            from row in Enumerable.Range(0, (int)rows)
            from offset in Multiples(Within(random, row * (long)Delta / rows, (row + 1) * (long)Delta / rows), available)
            select first + offset;
        return [.. positions.Take(Positions).Order()];
    }

    /// <summary>A random integer from <paramref name="first"/> to below <paramref name="end"/>.</summary>
    private static long Within(RandomStream random, long first, long end) => first + (long)(random.NextDouble() * (end - first));

    private IEnumerable<long> Multiples(long offset, long end)
    {
        for (; offset < end; offset += Delta)
        {
            yield return offset;
        }
    }
}
