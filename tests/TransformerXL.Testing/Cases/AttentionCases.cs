using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Relative attention. A tile holds 96 queries up to 512 keys, then 48; a depth block 256 keys.</summary>
public static class AttentionCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 0, 1, 1, 1),
        Case(3, 0, 1, 1, 5),
        Case(5, 0, 2, 2, 5),
        Case(7, 3, 3, 2, 5),
        Case(4, 9, 5, 1, 41),
        Case(1, 16, 2, 3, 64),
        Case(17, 17, 4, 2, 1),
        Case(33, 20, 1, 1, 64, deviation: 4),
        Case(48, 2, 1, 2, 5),
        Case(49, 30, 1, 1, 41),
        Case(95, 0, 1, 1, 5),
        Case(96, 1, 2, 1, 1),
        Case(97, 5, 1, 1, 5),
        Case(130, 130, 1, 1, 41),
        Case(40, 217, 1, 1, 5),
        Case(20, 280, 2, 1, 17),
        Case(96, 416, 1, 1, 5),
        Case(97, 416, 1, 1, 5),
        Case(50, 480, 1, 2, 5),
        Case(3, 600, 1, 1, 64),
        Case(1, 0, 1, 1, 5, maxDistance: 0),
        Case(9, 4, 2, 2, 5, maxDistance: 0),
        Case(9, 4, 1, 2, 5, maxDistance: 1),
        Case(13, 13, 2, 1, 5, maxDistance: 13),
        Case(13, 20, 1, 1, 64, maxDistance: 3),
        Case(97, 40, 1, 1, 5, maxDistance: 20),
        Case(200, 60, 1, 1, 5, maxDistance: 70),
        Case(100, 500, 1, 1, 5, maxDistance: 300),
        Case(150, 450, 1, 1, 1, maxDistance: 33),
        Case(5, 3, 2, 2, 5, dropout: 0.5f),
        Case(20, 11, 3, 2, 5, dropout: 0.3f),
        Case(97, 7, 1, 1, 5, dropout: 0.1f),
        Case(31, 40, 1, 2, 41, maxDistance: 25, dropout: 0.2f),
        Case(60, 500, 1, 1, 5, maxDistance: 290, dropout: 0.1f),
        Plain(1, 0, 1, 1, 1),
        Plain(7, 3, 3, 2, 5),
        Plain(97, 40, 1, 1, 5, maxDistance: 20),
        Plain(50, 480, 1, 2, 17),
        Plain(31, 40, 1, 2, 41, dropout: 0.2f),
        LearnedRelative(1, 0, 1, 1, 1),
        LearnedRelative(7, 3, 3, 2, 5),
        LearnedRelative(97, 40, 6, 2, 5, maxDistance: 20),
        LearnedRelative(50, 480, 1, 2, 17),
        LearnedRelative(31, 40, 2, 2, 41, dropout: 0.2f),
        SegmentScores(1, 1, 1, 1),
        SegmentScores(7, 3, 2, 5),
        SegmentScores(33, 1, 3, 17),
    ];

    /// <summary>L queries after M keys of memory, B streams, H heads of d_h.</summary>
    public static OpCase Case(
        int l, int m, int b, int h, int d, int maxDistance = int.MaxValue, float dropout = 0, double deviation = 1)
    {
        string distance = maxDistance == int.MaxValue ? "" : $" max distance {maxDistance}";
        string name = $"attention L={l} M={m} B={b} H={h} d={d}{distance} dropout={dropout} deviation={deviation}";
        RandomValues random = new(name);
        AttentionOracle oracle = new(l, m + l, b, h, d, AttentionOracle.Band(l, m + l, maxDistance, 0), new DropoutOracle(dropout, OpCase.Seed, OpCase.Step, 1));
        double pairs = (double)b * h * Enumerable.Range(0, l).Sum(i => Math.Min(m + i, (double)maxDistance) + 1);
        return new OpCase
        {
            Name = name,
            Operation = typeof(AttentionOperation),
            Inputs =
            [
                OpInput.Random(random, "queries", new Shape(l, b, h * d), deviation) with { SingleReader = true },
                OpInput.Random(random, "keys and values", new Shape(m + l, b, 2 * h * d)) with { SingleReader = true },
                OpInput.Random(random, "relative", new Shape(m + l, h * d)) with { SingleReader = true },
                OpInput.Random(random, "content bias", new Shape(h, d), 0.5),
                OpInput.Random(random, "position bias", new Shape(h, d), 0.5),
            ],
            Build = (tape, x) => [tape.RelativeAttention(x[0], x[1], x[2], x[3], x[4], maxDistance, dropout)],
            Oracle = x => [oracle.Forward(x[0], x[1], x[2], x[3], x[4])],
            Reduction = m + l + d,
            GradientReduction = (m + (b * l) + d) * (deviation > 1 ? 4 : 1),
            GradientMagnitude = 1,
            Flops = pairs * d * 6,
        };
    }

    /// <summary>Without positions.</summary>
    private static OpCase Plain(int l, int m, int b, int h, int d, int maxDistance = int.MaxValue, float dropout = 0)
    {
        OpCase relative = Case(l, m, b, h, d, maxDistance, dropout);
        AttentionOracle oracle = new(l, m + l, b, h, d, AttentionOracle.Band(l, m + l, maxDistance, 0), new DropoutOracle(dropout, OpCase.Seed, OpCase.Step, 1));
        return relative with
        {
            Name = "plain " + relative.Name,
            Inputs = [.. relative.Inputs.Take(2)],
            Build = (tape, x) => [tape.Attention(x[0], x[1], h, maxDistance, dropout)],
            Oracle = x => [oracle.Forward(x[0], x[1], null, null, null)],
        };
    }

    /// <summary>What keys of another text add to the score of each query.</summary>
    private static OpCase SegmentScores(int l, int b, int h, int d)
    {
        string name = $"segment scores L={l} B={b} H={h} d={d}";
        RandomValues random = new(name);
        return new OpCase
        {
            Name = name,
            Operation = typeof(SegmentScoresOperation),
            Inputs =
            [
                OpInput.Random(random, "queries", new Shape(l, b, h * d)),
                OpInput.Random(random, "segment bias", new Shape(h, d), 0.5),
                OpInput.Random(random, "segment embeddings", new Shape(2, h, d)),
            ],
            Build = (tape, x) => [tape.SegmentScores(x[0], x[1], x[2])],
            Oracle = x => [[.. Enumerable.Range(0, l * b * h).Select(place => Enumerable.Range(0, d).Sum(i =>
            {
                int component = (place % h * d) + i;
                return (x[0][(place * d) + i] + x[1][component]) * (x[2][(h * d) + component] - x[2][component]);
            }))]],
            Reduction = 2 * d,
            GradientReduction = l * b * d,
            GradientMagnitude = 2,
            Flops = 2.0 * l * b * h * d,
        };
    }

    /// <summary>With a bias for each distance and none for all positions.</summary>
    private static OpCase LearnedRelative(int l, int m, int b, int h, int d, int maxDistance = int.MaxValue, float dropout = 0)
    {
        OpCase relative = Case(l, m, b, h, d, maxDistance, dropout);
        AttentionOracle oracle = new(l, m + l, b, h, d, AttentionOracle.Band(l, m + l, maxDistance, 0), new DropoutOracle(dropout, OpCase.Seed, OpCase.Step, 1));
        OpInput bias = OpInput.Random(new RandomValues("bias " + relative.Name), "distance bias", new Shape(m + l, h)) with { SingleReader = true };
        return relative with
        {
            Name = "learned relative " + relative.Name,
            Inputs = [.. relative.Inputs.Take(4), bias],
            Build = (tape, x) => [tape.LearnedRelativeAttention(x[0], x[1], x[2], x[3], x[4], maxDistance, dropout)],
            Oracle = x => [oracle.Forward(x[0], x[1], x[2], x[3], null, x[4])],
        };
    }
}
