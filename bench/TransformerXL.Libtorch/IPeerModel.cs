using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TransformerXL.Libtorch;

/// <summary>A model in TorchSharp that is measured.</summary>
internal interface IPeerModel
{
    /// <summary>Everything that is trained.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The forward pass of a segment.</summary>
    /// <param name="ids">(B, T).</param>
    /// <param name="targets">(B, T).</param>
    /// <param name="memories">What the segment before left; null at the beginning.</param>
    /// <returns>The mean loss, or one hidden value where only hidden states are computed; and what the next segment reads.</returns>
    (Tensor Loss, Tensor[] Memories) Forward(Tensor ids, Tensor targets, Tensor[]? memories);
}
