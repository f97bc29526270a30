using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>Sinusoids of the distance to the end of the segment, added to the embeddings (Vaswani et al. 2017, counted as the reference does).</summary>
internal sealed class SinusoidPositions(int size) : InputPositions
{
    private readonly Sinusoids _sinusoids = new(size);

    public override Variable? Segment(Tape tape, int layer, in LayerPass pass) =>
        layer == 0 ? tape.Constant(_sinusoids.Descending(pass.Keys, pass.Context.ClampLength).Slice(pass.MemoryRows, pass.Keys - pass.MemoryRows)) : null;

    public override Variable Memory(Tape tape, int layer, in LayerPass pass) =>
        tape.Constant(_sinusoids.Descending(pass.Keys, pass.Context.ClampLength).Slice(0, pass.MemoryRows));
}
