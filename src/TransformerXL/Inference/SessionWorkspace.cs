using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The values of one segment on their way through the layers, for at most <c>rows</c> tokens over all streams.</summary>
internal sealed class SessionWorkspace
{
    // Enough that the weight of a large vocabulary is packed in few pieces, little beside the model.
    private const int TileFloats = 1 << 21;
    private const int FewestTileColumns = 256;

    private readonly ModelConfiguration _configuration;
    private readonly int _rows;
    private Tensor _losses;

    public SessionWorkspace(ModelConfiguration configuration, int rows, int streams)
    {
        _configuration = configuration;
        _rows = rows;
        int heads = configuration.Heads * configuration.HeadSize;
        bool projects = configuration.EmbeddingSize != configuration.ModelSize;
        Hidden = Tensor.Allocate(new Shape(rows, configuration.ModelSize));
        Projected = Tensor.Allocate(new Shape(rows, 3 * heads));
        Attended = Tensor.Allocate(new Shape(rows, heads));
        Block = Tensor.Allocate(new Shape(rows, configuration.ModelSize));
        Inner = Tensor.Allocate(new Shape(rows, configuration.InnerSize));
        Embedded = projects ? Tensor.Allocate(new Shape(rows, configuration.EmbeddingSize)) : default;
        Statistics = Tensor.Allocate(new Shape(2, rows));
        LogSumExp = Tensor.Allocate(new Shape(rows, configuration.Heads));
        Logits = Tensor.Allocate(new Shape(streams, configuration.VocabularySize));
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

    /// <summary>Embeddings or outputs of size d_embed: (rows, d_embed), or empty if that is d.</summary>
    public Tensor Embedded { get; }

    public Tensor Statistics { get; }

    public Tensor LogSumExp { get; }

    /// <summary>(B, V).</summary>
    public Tensor Logits { get; }

    /// <summary>Working memory for the loss of a whole segment, made when first asked for: generation never needs it.</summary>
    public Tensor Losses
    {
        get
        {
            if (_losses.IsEmpty)
            {
                long columns = Math.Min(_configuration.VocabularySize, Math.Max(FewestTileColumns, TileFloats / _rows));
                _losses = Tensor.Allocate(new Shape(checked((int)(_rows * (columns + 3)))));
            }

            return _losses;
        }
    }
}
