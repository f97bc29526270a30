using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>Absolute positions that are added to what enters a layer, in the segment and in its memory.</summary>
internal abstract class InputPositions
{
    /// <summary>Rows for the L positions of the segment (L, d), or null if nothing is added at this layer.</summary>
    public abstract Variable? Segment(Tape tape, int layer, in LayerPass pass);

    /// <summary>Rows for the M positions of the memory (M, d), where <see cref="Segment"/> gives some and M is not 0.</summary>
    public abstract Variable Memory(Tape tape, int layer, in LayerPass pass);
}
