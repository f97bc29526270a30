using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// A learned row for each position in each layer (Al-Rfou et al. 2018): the last rows of the layer's table for the segment,
/// those before for the memory, the first again where the table ends.
/// </summary>
/// <param name="table">(N, rows, H, d_h) with H d_h = d.</param>
/// <param name="size">d.</param>
internal sealed class LearnedPositions(Parameter table, int size) : InputPositions
{
    public override Variable? Segment(Tape tape, int layer, in LayerPass pass) =>
        tape.TableRows(table, layer * table.Shape[1], table.Shape[1], new Shape(pass.Keys - pass.MemoryRows, size));

    public override Variable Memory(Tape tape, int layer, in LayerPass pass)
    {
        int rows = Math.Max(1, table.Shape[1] - (pass.Keys - pass.MemoryRows));
        return tape.TableRows(table, layer * table.Shape[1], rows, new Shape(pass.MemoryRows, size));
    }
}
