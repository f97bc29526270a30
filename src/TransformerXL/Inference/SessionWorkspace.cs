using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The values of one segment on their way through the layers, for at most <c>rows</c> tokens over all streams.</summary>
internal sealed class SessionWorkspace
{
    public SessionWorkspace(ModelConfiguration configuration, int rows)
    {
        int heads = configuration.Heads * configuration.HeadSize;
        Hidden = Tensor.Allocate(new Shape(rows, configuration.ModelSize));
        Projected = Tensor.Allocate(new Shape(rows, 3 * heads));
        Attended = Tensor.Allocate(new Shape(rows, heads));
        Block = Tensor.Allocate(new Shape(rows, configuration.ModelSize));
        Inner = Tensor.Allocate(new Shape(rows, configuration.InnerSize));
        Statistics = Tensor.Allocate(new Shape(2, rows));
        LogSumExp = Tensor.Allocate(new Shape(rows, configuration.Heads));
    }

    /// <summary>h: (rows, d).</summary>
    public Tensor Hidden { get; }

    /// <summary>q, k and v: (rows, 3 H d_h).</summary>
    public Tensor Projected { get; }

    /// <summary>The weighted sums of values: (rows, H d_h).</summary>
    public Tensor Attended { get; }

    /// <summary>The input or output of a block: (rows, d).</summary>
    public Tensor Block { get; }

    /// <summary>Inside the feed-forward block: (rows, d_inner).</summary>
    public Tensor Inner { get; }

    public Tensor Statistics { get; }

    public Tensor LogSumExp { get; }
}
