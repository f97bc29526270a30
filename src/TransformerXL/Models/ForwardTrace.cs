using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>What a forward pass went through, for those who want to look: valid until the next step begins.</summary>
internal sealed class ForwardTrace(int layers)
{
    /// <summary>The input of each layer and, last, the output of the model: (L, B, d).</summary>
    public Tensor[] Hidden { get; } = new Tensor[layers + 1];

    /// <summary>The attention of each layer.</summary>
    public AttentionTrace[] Attention { get; } = [.. Enumerable.Range(0, layers).Select(_ => new AttentionTrace())];
}
