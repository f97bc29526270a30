using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Multi-head attention in both directions (Vaswani et al. 2017, section 3.2), with biases as BERT has them:
/// <code>
/// q    = h Wq^T + bq                                    (L, B, H d_h)
/// k, v = h~ Wk^T + bk, h~ Wv^T + bv                     (M + L, B, H d_h)
/// A_ij = q_i . k_j                                      learned positions, sinusoids
/// A_ij = (q_i + u) . k_j + (q_i + v) . r_(i-j)          relative positions; r = R Wk,R^T for distances of both signs
///        + (q_i + w) . e_s(i,j)                         relative segments; s is 0 for tokens of the same text, otherwise 1
/// a    = softmax(A / sqrt(d_h)) v                       (L, B, H d_h)
/// </code>
/// </summary>
internal sealed class EncoderAttention
{
    private readonly Parameter _query, _keyValue, _output;
    private readonly Parameter? _queryBias, _keyValueBias, _outputBias, _relative, _contentBias, _positionBias, _segmentBias, _segments;
    private readonly int _heads;

    public EncoderAttention(EncoderConfiguration configuration, ParameterSet parameters, string prefix)
    {
        int size = configuration.ModelSize, width = configuration.Heads * configuration.HeadSize;
        _heads = configuration.Heads;
        _query = parameters.Weight($"{prefix}.query.weight", new Shape(width, size), ParameterRole.Matrix());
        _queryBias = Bias("query", width);
        _keyValue = parameters.Weight($"{prefix}.key_value.weight", new Shape(2 * width, size), ParameterRole.Matrix(2));
        _keyValueBias = Bias("key_value", 2 * width);
        if (configuration.Positions == EncoderPositions.Relative)
        {
            Shape biases = new(configuration.Heads, configuration.HeadSize);
            _relative = parameters.Weight($"{prefix}.relative.weight", new Shape(width, size), ParameterRole.Matrix());
            _contentBias = parameters.Weight($"{prefix}.r_w_bias", biases, ParameterRole.Bias);
            _positionBias = parameters.Weight($"{prefix}.r_r_bias", biases, ParameterRole.Bias);
            if (configuration.RelativeSegments)
            {
                _segmentBias = parameters.Weight($"{prefix}.r_s_bias", biases, ParameterRole.Bias);
                _segments = parameters.Weight($"{prefix}.seg_embed", new Shape(2, configuration.Heads, configuration.HeadSize), ParameterRole.Bias);
            }
        }

        _output = parameters.Weight($"{prefix}.output.weight", new Shape(size, width), ParameterRole.Matrix());
        _outputBias = Bias("output", size);
        Norm = new LayerNorm(configuration, parameters, $"{prefix}.layer_norm");

        Parameter? Bias(string name, int count) => configuration.OmitsAttentionBiases ? null : parameters.Zeros($"{prefix}.{name}.bias", new Shape(count), ParameterRole.Bias);
    }

    /// <summary>The normalisation that belongs to this block.</summary>
    public LayerNorm Norm { get; }

    /// <summary>The output of the block before residual sum and dropout: (L, B, d).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="h">The segment (L, B, d), normalised already where LayerNorm stands first.</param>
    /// <param name="context">h~: memory and segment (M + L, B, d), normalised as well.</param>
    /// <param name="pass">What all layers share.</param>
    public Variable Forward(Tape tape, Variable h, Variable context, in EncoderPass pass)
    {
        Variable kv = KeysValues(tape, context);
        Variable output = Attend(tape, h, kv, pass);
        tape.Recycle(kv);
        return output;
    }

    /// <summary>Keys beside values of memory and segment: (M + L, B, 2 H d_h).</summary>
    public Variable KeysValues(Tape tape, Variable context) => tape.Linear(context, _keyValue, _keyValueBias);

    /// <summary>The output of the block for queries that are computed from <paramref name="h"/>: (L, B, d).</summary>
    public Variable Attend(Tape tape, Variable h, Variable keysValues, in EncoderPass pass)
    {
        Variable q = tape.Linear(h, _query, _queryBias);
        Variable? r = pass.R is null ? null : tape.Linear(pass.R, _relative!);
        // Before the attention, whose backward pass sets the gradient of q.
        Variable? g = pass.Segments is null ? null : tape.SegmentScores(q, _segmentBias!, _segments!);
        Variable a = r is null
            ? tape.Attention(q, keysValues, _heads, pass.Visibility, pass.Dropout.Attention)
            : g is not null
            ? tape.RelativeAttention(q, keysValues, r, _contentBias!, _positionBias!, g, pass.Segments!, pass.Visibility, pass.Dropout.Attention)
            : tape.RelativeAttention(q, keysValues, r, _contentBias!, _positionBias!, pass.Visibility, pass.Dropout.Attention);
        pass.Trace?.Take(q.Value, keysValues.Value, r?.Value ?? default, _contentBias?.Value ?? default, _positionBias?.Value ?? default, default, g?.Value ?? default, pass.Segments);
        tape.Recycle(q);
        Variable output = tape.Linear(a, _output, _outputBias);
        tape.Recycle(a);
        return output;
    }
}
