using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Multi-head attention over memory and segment with relative positions: Dai et al. 2019, section 3.3.
/// <code>
/// h~   = [SG(m); h]                                     (M + L, B, d)
/// q    = h Wq^T                                         (L, B, H d_h)
/// k, v = h~ Wk,E^T, h~ Wv^T                             (M + L, B, H d_h)
/// r    = R Wk,R^T                                       (M + L, H d_h), one row for each distance
/// A_ij = q_i . k_j  +  q_i . r_(i-j)  +  u . k_j  +  v . r_(i-j)
///          (a)            (b)              (c)            (d)
/// a    = softmax(mask(A) / sqrt(d_h)) v                 (L, B, H d_h)
/// </code>
/// The four terms are computed as (q_i + u) . k_j and (q_i + v) . r_(i-j), the second once for each distance.
/// </summary>
internal sealed class Attention
{
    private readonly Parameter _queryKeyValue, _relative, _output;

    public Attention(ModelConfiguration configuration, ParameterSet parameters, string prefix)
    {
        int heads = configuration.Heads * configuration.HeadSize;
        _queryKeyValue = parameters.Weight($"{prefix}.qkv_net.weight", new Shape(3 * heads, configuration.ModelSize));
        _output = parameters.Weight($"{prefix}.o_net.weight", new Shape(configuration.ModelSize, heads));
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");
        _relative = parameters.Weight($"{prefix}.r_net.weight", new Shape(heads, configuration.ModelSize));
    }

    /// <summary>The normalisation that belongs to this block.</summary>
    public LayerNorm Norm { get; }

    /// <summary>[Wq; Wk,E; Wv]: (3 H d_h, d).</summary>
    public Parameter QueryKeyValue => _queryKeyValue;

    /// <summary>Wk,R: (H d_h, d).</summary>
    public Parameter Relative => _relative;

    /// <summary>(d, H d_h).</summary>
    public Parameter Output => _output;

    /// <summary>The output of the block before residual sum and dropout: (L, B, d).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="context">h~, normalised already where LayerNorm stands first: (M + L, B, d).</param>
    /// <param name="pass">What all layers share.</param>
    /// <param name="trace">Takes q, k, v and r, if not null.</param>
    public Variable Forward(Tape tape, Variable context, in LayerPass pass, AttentionTrace? trace)
    {
        (Variable q, Variable kv) = tape.QueryKeyValue(context, _queryKeyValue, pass.MemoryRows, memoryGradient: pass.PreNorm);
        Variable r = tape.Linear(pass.R, _relative);
        Variable a = tape.RelativeAttention(q, kv, r, pass.U, pass.V, pass.MaxDistance, pass.AttentionDropout);
        trace?.Take(q.Value, kv.Value, r.Value);
        return tape.Linear(a, _output);
    }
}
