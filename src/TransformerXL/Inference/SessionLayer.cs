using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// One layer with the keys and values that it keeps. The equations are those of <see cref="DecoderLayer"/> and
/// <see cref="RelativeAttention"/>; keys and values of the memory are remembered instead of computed from remembered states.
/// </summary>
internal sealed class SessionLayer
{
    private readonly DecoderLayer _layer;
    private readonly LayerWeights _weights;
    private readonly RelativeAttention _attention;
    private readonly RelativeTable _relative;
    private readonly Tensor _u, _v;
    private readonly InferenceOptions _options;

    public SessionLayer(SessionWeights weights, int index, InferenceOptions options)
    {
        ModelConfiguration configuration = weights.Model.Configuration;
        (_layer, _weights) = (weights.Model.Layers[index], weights.Layers[index]);
        _relative = weights.Relative[index];
        _attention = (RelativeAttention)_layer.Attention;
        (_u, _v) = (_attention.U.Value, _attention.V.Value);
        _options = options;
        Memory = new KeyValueMemory(options.Capacity, options.Streams, configuration.Heads, configuration.HeadSize, options.Precision);
        PreNorm = configuration.PreNorm;
    }

    public KeyValueMemory Memory { get; }

    private bool PreNorm { get; }

    /// <summary>Replaces the hidden states of a segment by those of the next layer.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="workspace">Its hidden states are read and written.</param>
    /// <param name="firstKey">The row of the oldest key.</param>
    /// <param name="memoryRows">Rows of memory before the segment.</param>
    /// <param name="rows">Tokens times streams.</param>
    /// <param name="results">The last rows of which hidden states are wanted; keys and values are kept of all.</param>
    public void Forward(CpuBackend backend, SessionWorkspace workspace, int firstKey, int memoryRows, int rows, int results)
    {
        int skipped = rows - results;
        Tensor h = workspace.Hidden.Slice(0, rows), projected = workspace.Projected.Slice(0, rows);
        RelativeAttention attention = _attention;
        _weights.QueryKeyValue.Multiply(backend, PreNorm ? Normalised(backend, workspace, h, attention.Norm) : h, default, projected);
        Memory.Write(firstKey + memoryRows, projected);

        h = workspace.Hidden.Slice(skipped, results);
        Tensor block = workspace.Block.Slice(skipped, results);
        Attend(backend, workspace, firstKey, memoryRows, rows / Memory.Streams, skipped / Memory.Streams);
        _weights.Output.Multiply(backend, workspace.Attended.Slice(skipped, results), default, block);
        EndBlock(backend, workspace, block, h, attention.Norm);
        FeedForward(backend, workspace, h, block, skipped, results);
    }

    /// <summary>Segment by segment, each with the last M rows before it; only what follows the skipped tokens.</summary>
    private void Attend(CpuBackend backend, SessionWorkspace workspace, int firstKey, int memoryRows, int tokens, int skipped)
    {
        int streams = Memory.Streams;
        for (int first = 0; first < tokens; first += _options.SharedQueries)
        {
            int end = Math.Min(tokens, first + _options.SharedQueries), begin = Math.Max(first, skipped);
            if (begin >= end)
            {
                continue;
            }

            int memory = Math.Min(_options.MemoryLength, memoryRows + first);
            int oldest = firstKey + memoryRows + first - memory;
            int rows = (end - begin) * streams;
            backend.Attention(
                workspace.Projected.Slice(begin * streams, rows), Memory, oldest, memory + end - first,
                _relative, _u, _v, _options.MaxDistance, workspace.LogSumExp, workspace.Attended.Slice(begin * streams, rows));
        }
    }

    private void FeedForward(CpuBackend backend, SessionWorkspace workspace, Tensor h, Tensor block, int skipped, int results)
    {
        FeedForward feedForward = _layer.FeedForward;
        Tensor inner = workspace.Inner.Slice(skipped, results);
        Tensor input = PreNorm ? Normalised(backend, workspace, h, feedForward.Norm) : h;
        _weights.Inner.Multiply(backend, input, feedForward.Bias1.Value, inner, feedForward.Activation == FeedForwardActivation.Gelu ? Activation.Gelu : Activation.Relu);
        _weights.Outer.Multiply(backend, inner, feedForward.Bias2.Value, block);
        EndBlock(backend, workspace, block, h, feedForward.Norm);
    }

    /// <summary>h = h + block where LayerNorm stands first, else h = LayerNorm(h + block).</summary>
    private void EndBlock(CpuBackend backend, SessionWorkspace workspace, Tensor block, Tensor h, LayerNorm norm)
    {
        if (PreNorm)
        {
            backend.AddTo(block, h);
        }
        else
        {
            backend.LayerNorm(block, h, norm.Gain.Value, norm.Bias.Value, workspace.Statistics, h);
        }
    }

    private static Tensor Normalised(CpuBackend backend, SessionWorkspace workspace, Tensor h, LayerNorm norm)
    {
        Tensor result = workspace.Block.Slice(0, h.Shape[0]);
        backend.LayerNorm(h, default, norm.Gain.Value, norm.Bias.Value, workspace.Statistics, result);
        return result;
    }
}
