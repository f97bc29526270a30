using Microsoft.Extensions.AI;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Extensions.AI;

/// <summary>Turns texts into vectors of length 1; the model is not its own.</summary>
internal sealed class TransformerXLEmbeddingGenerator(LocalModel model) : IEmbeddingGenerator<string, Embedding<float>>
{
    // So that a long list does not fill the queue of the scheduler.
    private const int MostAtOnce = 16;

    private readonly EmbeddingGeneratorMetadata _metadata = new(SchedulerTelemetry.Provider, null, model.Id, model.Folder.Model.Configuration.HiddenWidth);

    private readonly EmbeddingPooling _pooling = model.Options.Pooling ?? EmbeddingOptions.ForTrained(model.Folder.Configuration).Pooling;

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        model.Check(options?.ModelId);
        cancellationToken.ThrowIfCancellationRequested();
        int size = model.Folder.Model.Configuration.HiddenWidth, dimensions = options?.Dimensions ?? size;
        if (dimensions < 1 || dimensions > size)
        {
            throw new InputException($"Dimensions is {dimensions}, but must be from 1 to {size}, the size of the model");
        }

        GeneratedEmbeddings<Embedding<float>> embeddings = [];
        long tokens = 0;
        DateTimeOffset created = model.Scheduler.Options.Clock.GetUtcNow();
        foreach (string[] texts in values.Chunk(Math.Min(MostAtOnce, model.Scheduler.Options.MaxStreams)))
        {
            foreach (TextEmbedding embedding in await EmbedAsync(texts, embeddings.Count, cancellationToken).ConfigureAwait(false))
            {
                tokens += embedding.PromptTokens;
                embeddings.Add(new Embedding<float>(Shorten(embedding.Vector, dimensions)) { ModelId = model.Id, CreatedAt = created });
            }
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        Log.Completed(model.Logger, "embeddings", model.Id, tokens, 0, 0, "Stop");
        return embeddings;
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(LocalModel) ? model
            : serviceType == typeof(ModelScheduler) ? model.Scheduler
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing: the model is disposed by its owner.</summary>
    public void Dispose()
    {
    }

    /// <summary>The first text that fails cancels the others.</summary>
    private async Task<TextEmbedding[]> EmbedAsync(string[] texts, int first, CancellationToken cancellationToken)
    {
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await Task.WhenAll(texts.Select((text, i) => EmbedAsync(text, first + i, failed))).ConfigureAwait(false);
    }

    private async Task<TextEmbedding> EmbedAsync(string text, int place, CancellationTokenSource failed)
    {
        try
        {
            if (string.IsNullOrEmpty(text))
            {
                throw new InputException($"text {place} is empty; there is nothing to embed");
            }

            EmbeddingRequest request = new() { Prompt = Prompt.Of(text), Pooling = _pooling, Normalizes = true, Timeout = model.Options.Timeout };
            return await model.Scheduler.EmbedAsync(request, failed.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (exception is not (OperationCanceledException or InputException))
            {
                Log.Failed(model.Logger, exception, "embeddings", model.Id);
            }

            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The first numbers of a vector, scaled to length 1 again.</summary>
    private static float[] Shorten(float[] vector, int dimensions)
    {
        if (dimensions == vector.Length)
        {
            return vector;
        }

        double length = Math.Sqrt(vector.Take(dimensions).Sum(value => (double)value * value));
        return [.. vector.Take(dimensions).Select(value => length > 0 ? (float)(value / length) : value)];
    }
}
