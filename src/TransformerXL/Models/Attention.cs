using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>Multi-head attention over memory and segment: how positions enter its scores is what the kinds differ in.</summary>
internal abstract class Attention
{
    protected Attention(AttentionConfiguration configuration)
    {
        Width = configuration.Heads * configuration.HeadSize;
    }

    /// <summary>The normalisation that belongs to this block.</summary>
    public LayerNorm Norm { get; private protected init; } = null!;

    /// <summary>(d, H d_h).</summary>
    public Parameter Output { get; private protected init; } = null!;

    /// <summary>H d_h.</summary>
    protected int Width { get; }

    /// <summary>The output of the block before residual sum and dropout: (L, B, d), or of at least the last <paramref name="results"/> tokens.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="h">The input of the layer (L, B, d), never normalised.</param>
    /// <param name="context">h~ = [SG(m); h], already normalised with pre-norm: (M + L, B, d).</param>
    /// <param name="pass">What all layers share.</param>
    /// <param name="results">With a cache the output is computed for at least this number of last tokens.</param>
    /// <param name="trace">Receives the inputs of the scores, if not null.</param>
    public abstract Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace);
}
