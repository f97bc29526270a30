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
        Memory.Write(firstKey + memoryRows, Project(backend, workspace, rows));
        Attend(backend, workspace, firstKey, memoryRows, rows / Memory.Streams, skipped / Memory.Streams);
        Finish(backend, workspace, skipped, results);
    }

    /// <summary>The same for one more token of each of several sessions with the same weights: products are those of all of them.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="workspace">A row for each session.</param>
    /// <param name="seats">The memory of this layer in each session.</param>
    public void Forward(CpuBackend backend, SessionWorkspace workspace, ReadOnlySpan<SessionSeat> seats)
    {
        Tensor projected = Project(backend, workspace, seats.Length);
        for (int row = 0; row < seats.Length; row++)
        {
            SessionSeat seat = seats[row];
            Tensor own = projected.Slice(row, 1);
            seat.Memory.Write(seat.FirstKey + seat.MemoryRows, own);
            int memory = Math.Min(_options.MemoryLength, seat.MemoryRows);
            backend.Attention(
                own, seat.Memory, seat.FirstKey + seat.MemoryRows - memory, memory + 1,
                _relative, _u, _v, _options.MaxDistance, workspace.LogSumExp, workspace.Attended.Slice(row, 1));
        }

        Finish(backend, workspace, 0, seats.Length);
    }

    /// <summary>q, k and v of so many rows.</summary>
    private Tensor Project(CpuBackend backend, SessionWorkspace workspace, int rows)
    {
        Tensor h = workspace.Hidden.Slice(0, rows), projected = workspace.Projected.Slice(0, rows);
        _weights.QueryKeyValue.Multiply(backend, PreNorm ? Normalised(backend, workspace, h, _attention.Norm) : h, default, projected);
        return projected;
    }

    /// <summary>From what was attended to to the next layer's hidden states, of some rows.</summary>
    private void Finish(CpuBackend backend, SessionWorkspace workspace, int first, int rows)
    {
        Tensor h = workspace.Hidden.Slice(first, rows), block = workspace.Block.Slice(first, rows);
        _weights.Output.Multiply(backend, workspace.Attended.Slice(first, rows), default, block);
        EndBlock(backend, workspace, block, h, _attention.Norm);
        FeedForward(backend, workspace, h, block, first, rows);
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
