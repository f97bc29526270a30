using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Attention whose scores know no positions, A_ij = q_i . k_j (Vaswani et al. 2017): positions are in its inputs.
/// </summary>
internal sealed class AbsoluteAttention : Attention
{
    private readonly Parameter _query, _keyValue;
    private readonly int _heads;

    public AbsoluteAttention(AttentionConfiguration configuration, ParameterSet parameters, int layer)
        : base(configuration)
    {
        string prefix = $"layers.{layer}.dec_attn";
        _heads = configuration.Heads;
        _query = parameters.Weight($"{prefix}.q_net.weight", new Shape(Width, configuration.ModelSize), ParameterRole.Matrix());
        _keyValue = parameters.Weight($"{prefix}.kv_net.weight", new Shape(2 * Width, configuration.ModelSize), ParameterRole.Matrix(2));
        Output = parameters.Weight($"{prefix}.o_net.weight", new Shape(configuration.ModelSize, Width), ParameterRole.Matrix());
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");
    }

    public override Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace)
    {
        // With pre-norm, the reference forgets to normalise the queries.
        bool raw = pass.PreNorm && pass.Context.ReferenceQuirks;
        Variable kv = tape.Linear(context, _keyValue);
        Variable q = tape.Linear(pass.PreNorm && !raw ? tape.LastRows(context, h.Shape[0]) : h, _query);
        Variable a = tape.Attention(q, kv, _heads, pass.Visibility, pass.Dropout.Attention);
        trace?.Take(q.Value, kv.Value, default, default, default, default);
        return tape.Linear(a, Output);
    }
}
