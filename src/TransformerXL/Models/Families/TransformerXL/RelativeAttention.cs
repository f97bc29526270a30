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
internal sealed class RelativeAttention : Attention
{
    private readonly int _layer;

    public RelativeAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer)
        : base(configuration)
    {
        _layer = layer;
        string prefix = $"layers.{layer}.dec_attn";
        Shape biases = new(configuration.Heads, configuration.HeadSize);
        U = shared.ContentBias ?? parameters.Weight($"{prefix}.r_w_bias", biases, ParameterRole.Bias);
        V = shared.PositionBias ?? parameters.Weight($"{prefix}.r_r_bias", biases, ParameterRole.Bias);
        QueryKeyValue = parameters.Weight($"{prefix}.qkv_net.weight", new Shape(3 * Width, configuration.ModelSize), ParameterRole.Matrix(3));
        Output = parameters.Weight($"{prefix}.o_net.weight", new Shape(configuration.ModelSize, Width), ParameterRole.Matrix());
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");
        Relative = parameters.Weight($"{prefix}.r_net.weight", new Shape(Width, configuration.ModelSize), ParameterRole.Matrix());
    }

    /// <summary>[Wq; Wk,E; Wv]: (3 H d_h, d).</summary>
    public Parameter QueryKeyValue { get; }

    /// <summary>Wk,R: (H d_h, d).</summary>
    public Parameter Relative { get; }

    /// <summary>u: global content bias (H, d_h), shared by all layers unless they are untied.</summary>
    public Parameter U { get; }

    /// <summary>v: global position bias (H, d_h), shared by all layers unless they are untied.</summary>
    public Parameter V { get; }

    public override Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace)
    {
        Variable a = pass.Cache is { } cache ? Cached(tape, context, cache, results) : Uncached(tape, context, pass, trace);
        Variable output = tape.Linear(a, Output);
        tape.Recycle(a);
        return output;
    }

    private Variable Uncached(Tape tape, Variable context, in LayerPass pass, AttentionTrace? trace)
    {
        (Variable q, Variable kv) = tape.QueryKeyValue(context, QueryKeyValue, pass.MemoryRows, memoryGradient: pass.MemoryGradient);
        Variable r = tape.Linear(pass.R!, Relative);
        Variable a = tape.RelativeAttention(q, kv, r, U, V, pass.Visibility, pass.Dropout.Attention);
        trace?.Take(q.Value, kv.Value, r.Value, U.Value, V.Value, default);
        return a;
    }

    /// <summary>q, k and v of the new tokens only; the cache holds k and v of those before, and r for each distance.</summary>
    private Variable Cached(Tape tape, Variable context, IAttentionCache cache, int results)
    {
        Variable projected = tape.Linear(context, QueryKeyValue);
        Variable a = cache.Attend(tape, _layer, this, projected, results);
        tape.Recycle(projected);
        return a;
    }
}
