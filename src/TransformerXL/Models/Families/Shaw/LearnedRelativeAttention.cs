using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Attention with a learned row e and bias b for each distance and layer (Shaw et al. 2018, as the reference has it):
/// <code>
/// A_ij = q_i . k_j  +  q_i . e_(i-j)  +  u . k_j  +  b_(i-j)
/// </code>
/// Distances beyond the table, or beyond the clamp length, look like the farthest row that is left.
/// </summary>
internal sealed class LearnedRelativeAttention : Attention
{
    private readonly Parameter _queryKeyValue, _rows, _contentBias, _distanceBias;
    private readonly int _layer, _heads;

    public LearnedRelativeAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer)
        : base(configuration)
    {
        string prefix = $"layers.{layer}.dec_attn";
        (_layer, _heads) = (layer, configuration.Heads);
        (_rows, _contentBias, _distanceBias) = (shared.PositionRows!, shared.ContentBias!, shared.DistanceBias!);
        _queryKeyValue = parameters.Weight($"{prefix}.qkv_net.weight", new Shape(3 * Width, configuration.ModelSize), ParameterRole.Matrix(3));
        Output = parameters.Weight($"{prefix}.o_net.weight", new Shape(configuration.ModelSize, Width), ParameterRole.Matrix());
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");
    }

    public override Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace)
    {
        (Variable q, Variable kv) = tape.QueryKeyValue(context, _queryKeyValue, pass.MemoryRows, memoryGradient: pass.MemoryGradient);
        int table = _rows.Shape[1], clamp = pass.Context.ClampLength;
        int rows = clamp > 0 ? Math.Min(clamp, table) : table, first = ((_layer + 1) * table) - rows;
        Variable e = tape.TableRows(_rows, first, rows, new Shape(pass.Keys, Width));
        Variable b = tape.TableRows(_distanceBias, first, rows, new Shape(pass.Keys, _heads));
        Variable u = tape.TableRows(_contentBias, _layer * _heads, _heads, new Shape(_heads, Width / _heads));
        Variable a = tape.LearnedRelativeAttention(q, kv, e, u, b, pass.Visibility, pass.Dropout.Attention);
        trace?.Take(q.Value, kv.Value, e.Value, u.Value, default, b.Value);
        return tape.Linear(a, Output);
    }
}
