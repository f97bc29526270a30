using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Embeddings; ids repeat, so that gradients meet.</summary>
public static class EmbeddingCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 1, new Shape(1), 1),
        Case(11, 5, new Shape(4, 3), 2.5f),
        Case(9, 6, new Shape(2, 3, 2), 1),
        Case(7, 130, new Shape(67), 11.4f),
        Case(5, 17, new Shape(9, 2), 1, dropout: 0.4f),
        Case(23, 131, new Shape(80, 1), 3, dropout: 0.1f),
    ];

    /// <summary>A table (V, D) read at random ids.</summary>
    public static OpCase Case(int vocabulary, int columns, Shape rows, float scale, float dropout = 0)
    {
        string name = $"embedding V={vocabulary} D={columns} ids {rows} scale={scale} dropout={dropout}";
        RandomValues random = new(name);
        int[] ids = random.Indices((int)rows.Count, vocabulary);
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        return new OpCase
        {
            Name = name,
            Operation = typeof(EmbeddingOperation),
            Inputs = [OpInput.Random(random, "table", new Shape(vocabulary, columns))],
            Build = (tape, x) => [tape.Embedding(x[0], tape.Allocate(ids), rows, scale, dropout)],
            Oracle = x => [EmbeddingOracle.Forward(x[0], ids, columns, scale, mask)],
            Reduction = 1,
            GradientReduction = ids.Length,
            Flops = (double)ids.Length * columns,
        };
    }
}
