using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The equations of <see cref="LstmLayer"/> with what is computed from its weights once for all tokens.</summary>
internal sealed class LstmSessionLayer
{
    private readonly LstmLayer _layer;
    private readonly Precision _precision;
    private readonly Tensor _bias;
    private readonly RecurrentWeight _recurrentWeight;

    public LstmSessionLayer(LstmLayer layer, CpuBackend backend, InferenceOptions options)
    {
        (_layer, _precision) = (layer, options.Precision);
        _bias = Tensor.From(layer.InputBias.Shape, layer.InputBias.Value.Span);
        backend.AddTo(layer.RecurrentBias.Value, _bias);
        _recurrentWeight = new RecurrentWeight(backend, layer.RecurrentWeight.Value, options.Streams, options.Precision);
    }

    /// <summary>The hidden states of T tokens; the state is carried on.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="input">x: (T B, input); may be the output.</param>
    /// <param name="gates">Working memory: (T B, 4H).</param>
    /// <param name="hidden">h: (B, H).</param>
    /// <param name="cell">c: (B, H).</param>
    /// <param name="recurrent">Working memory: (B, 4H).</param>
    /// <param name="output">(T B, H).</param>
    public void Forward(CpuBackend backend, Tensor input, Tensor gates, Tensor hidden, Tensor cell, Tensor recurrent, Tensor output)
    {
        backend.Linear(input, _layer.InputWeight.Value, _bias, gates, precision: _precision);
        backend.Lstm(gates, _recurrentWeight, hidden, cell, recurrent, output);
    }
}
