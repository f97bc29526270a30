using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary><see cref="InputEmbedding"/> where nothing is differentiated.</summary>
internal sealed class SessionEmbedding
{
    private readonly InputEmbedding _embedding;
    private readonly CpuBackend _backend;
    private readonly Precision _precision;
    private readonly Tensor _embedded;
    private readonly Tape? _tape;

    public SessionEmbedding(LanguageModel model, CpuBackend backend, InferenceOptions options)
    {
        (_embedding, _backend, _precision) = (model.Embedding, backend, options.Precision);
        int rows = options.MaxSegment * options.Streams;
        bool single = _embedding.Tables.Length == 1;
        _embedded = single && _embedding.Projections[0] is not null ? Tensor.Allocate(new Shape(rows, _embedding.Tables[0].Shape[1])) : default;
        _tape = single ? null : new Tape(backend, options.Precision);
    }

    /// <summary>The embeddings of ids (T, B) as they enter the first layer.</summary>
    public void Embed(ReadOnlySpan<int> ids, int streams, Tensor output)
    {
        if (_tape is not null)
        {
            _tape.BeginEvaluation();
            _embedding.Forward(_tape, _tape.Allocate(ids), streams, 0).Value.CopyTo(output);
        }
        else if (_embedding.Projections[0] is { } projection)
        {
            Tensor embedded = _embedded.Slice(0, ids.Length);
            _backend.Embedding(_embedding.Tables[0].Value, ids, _embedding.Scale, embedded);
            _backend.Linear(embedded, projection.Value, default, output, precision: _precision);
        }
        else
        {
            _backend.Embedding(_embedding.Tables[0].Value, ids, _embedding.Scale, output);
        }
    }
}
