using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Cases;

/// <summary>Every case.</summary>
public static class OpCases
{
    /// <summary>Cases that are small enough for an oracle.</summary>
    public static IReadOnlyList<OpCase> All { get; } =
    [
        .. EmbeddingCases.All, .. LinearCases.All, .. LayerNormCases.All, .. RowCases.All, .. QueryKeyValueCases.All,
        .. CrossEntropyCases.All, .. SoftmaxPartCases.All, .. AttentionCases.All, .. VisibilityCases.All,
        .. LstmCases.All, .. RecurrentCases.All, .. CrfCases.All, .. PrimitiveCases.All, .. HeadCases.All, .. KernelCases.All,
    ];

    /// <summary>
    /// Cases of the sizes of real models, for measurements: the small one (width 256, 4 heads of 64, batch 16, 128 tokens after
    /// 128) and the base model for enwik8 (width 512, 8 heads of 64, batch 1, 512 tokens after 512).
    /// </summary>
    public static IReadOnlyList<Lazy<OpCase>> ForMeasurement { get; } =
    [
        new(() => KernelCases.MatrixProduct(1024, 512, 512)),
        new(() => KernelCases.MatrixProduct(1, 2048, 512)),
        new(() => LinearCases.Case(new Shape(128, 16, 256), 1024, bias: true, activation: Activation.Relu, dropout: 0.1f)),
        new(() => LinearCases.Case(new Shape(128, 16, 256), 1024, bias: true, activation: Activation.Gelu, dropout: 0.1f)),
        new(() => LinearCases.Case(new Shape(512, 1, 2048), 512, bias: true)),
        new(() => QueryKeyValueCases.Case(128, 128, 16, 256, 256, memoryGradient: false)),
        new(() => AttentionCases.Case(128, 128, 16, 4, 64)),
        new(() => AttentionCases.Case(512, 512, 1, 8, 64)),
        new(() => AttentionCases.Case(1, 512, 1, 8, 64)),
        new(() => LstmCases.Case(64, 16, 512, 512)),
        new(() => RecurrentCases.Gru(64, 16, 512, 512)),
        new(() => CrfCases.Case(177, [.. Enumerable.Repeat(20, 32)])),
        new(() => LayerNormCases.Case(new Shape(128, 16, 256), residual: true, dropout: 0.1f)),
        new(() => CrossEntropyCases.Case(2048, 256, 205, bias: true)),
        new(() => CrossEntropyCases.Case(512, 512, 20_000, bias: true)),
        new(() => EmbeddingCases.Case(205, 256, new Shape(128, 16), 16, dropout: 0.1f)),
        new(() => RowCases.Residual(new Shape(128, 16, 256), 0.1f)),
        new(() => RowCases.Concatenate(128, new Shape(128, 16, 256))),
        new(() => PrimitiveCases.Add(new Shape(128, 16, 256))),
        new(() => PrimitiveCases.Multiply(new Shape(128, 16, 256))),
        new(() => PrimitiveCases.Activation(new Shape(128, 16, 256), tanh: true)),
        new(() => PrimitiveCases.Activation(new Shape(128, 16, 256), tanh: false)),
        new(() => PrimitiveCases.Gated(new Shape(128, 16, 1376), gelu: false)),
        new(() => PrimitiveCases.Gated(new Shape(128, 16, 1376), gelu: true)),
        new(() => PrimitiveCases.Softmax(new Shape(128, 16, 256))),
        new(() => PrimitiveCases.MatrixProduct(new Shape(1024, 512), 512)),
        new(() => PrimitiveCases.Join(new Shape(128, 16, 256), [128, 64, 64])),
        new(() => PrimitiveCases.ReverseRows(new Shape(128, 16, 256))),
        new(() => PrimitiveCases.MeanRows(new Shape(128, 16, 256), null)),
        new(() => KernelCases.Adam(1 << 22, 100)),
        new(() => VisibilityCases.Bidirectional(512, 0, 1, 8, 64)),
        new(() => VisibilityCases.Bidirectional(512, 0, 4, 8, 64, lengths: [512, 256, 128, 64])),
        new(() => VisibilityCases.Window(2048, 0, 1, 8, 64, 128, 128, globals: [0])),
        new(() => VisibilityCases.Blocks(2048, 0, 1, 8, 64, 64, [.. Enumerable.Range(0, 32).Select(n => new KeyRange(Math.Max(0, n - 2) * 64, Math.Min(32, n + 3) * 64))], globals: [0])),
        new(() => VisibilityCases.Cross(128, 512, 4, 8, 64)),
    ];

    /// <summary>The case of a name.</summary>
    public static OpCase Named(string name) => All.Single(@case => @case.Name == name);
}
