using System.Runtime.CompilerServices;
using TransformerXL.Data;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Inference;

/// <summary>
/// Continues a text, token by token, in constant memory and in constant time for each token. A prompt without tokens
/// begins after a newline where the vocabulary has one, else after the token that the model holds for the most common. What
/// the vocabulary lacks is read as its unknown token, counted and reported; the unknown token is never written.
/// </summary>
/// <remarks>The work is done on a thread of the pool. One enumeration at a time may use a backend.</remarks>
public sealed class Generator
{
    /// <summary>The most tokens of a prompt that are read at once.</summary>
    internal const int PromptChunk = 256;

    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly CpuBackend _backend;

    /// <summary>Creates a generator.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public Generator(LanguageModel model, Vocabulary vocabulary, CpuBackend backend)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        StartToken.CheckSizes(vocabulary, model);
        (_model, _vocabulary, _backend) = (model, vocabulary, backend);
    }

    /// <summary>Continues a prompt.</summary>
    /// <param name="prompt">The text to continue; it is not given out again.</param>
    /// <param name="options">How to write.</param>
    /// <param name="cancellationToken">Ends the text within a token, or within a chunk of the prompt.</param>
    /// <returns>Pieces of text, each at least one character.</returns>
    /// <exception cref="InputException">An option is not valid.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public IAsyncEnumerable<string> GenerateAsync(string prompt, GenerationOptions options, CancellationToken cancellationToken = default) =>
        GenerateAsync(new StringReader(prompt), options, null, cancellationToken);

    /// <summary>Continues a prompt of any length, which is read in constant memory to its end.</summary>
    /// <param name="prompt">The text to continue; it is not closed.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Is told after the prompt and at the end.</param>
    /// <param name="cancellationToken">Ends the text within a token, or within a chunk of the prompt.</param>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions, CancellationToken)" path="/returns|/exception"/>
    public IAsyncEnumerable<string> GenerateAsync(
        TextReader prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Start(TokenReader.From(prompt, Encoder(options)), options, progress, cancellationToken);
    }

    /// <summary>Continues a prompt of any length in UTF-8 (any bytes where the vocabulary accepts them), which is read in constant memory to its end.</summary>
    /// <inheritdoc cref="GenerateAsync(TextReader, GenerationOptions, IProgress{GenerationReport}, CancellationToken)" path="/param|/returns|/exception"/>
    public IAsyncEnumerable<string> GenerateAsync(
        Stream prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Start(TokenReader.From(prompt, Encoder(options)), options, progress, cancellationToken);
    }

    private TokenEncoder Encoder(GenerationOptions options) =>
        (options?.SpecialTokensAsText == true ? _vocabulary.ReadingSpecialTokensAsText() : _vocabulary).CreatePromptEncoder();

    // Options are checked at the call, not when the first piece is asked for.
    private IAsyncEnumerable<string> Start(
        TokenReader prompt, GenerationOptions options, IProgress<GenerationReport>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Write(prompt, new WritableTokens(_vocabulary, options.HealsPrompt), options, progress, cancellationToken);
    }

    private async IAsyncEnumerable<string> Write(
        TokenReader prompt, WritableTokens writable, GenerationOptions options, IProgress<GenerationReport>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        InferenceSession session = InferenceSession.Create(_model, _backend, options.Session());
        Sampler sampler = new(options.Sampling, _vocabulary.Count, _vocabulary.UnknownId);
        prompt.HoldBack = writable.HoldBack;
        int? last = await ReadPrompt(session, sampler, prompt, writable, cancellationToken).ConfigureAwait(false);
        GenerationReport report = new(prompt.Count, prompt.Unknown, 0, null) { OpenEnd = writable.OpenEnd, HealedTokens = writable.TakenBack };
        progress?.Report(report);

        StopMatcher stop = new(options.Stop);
        TokenDecoder decoder = writable.CreateDecoder(last);
        RandomStream random = new(options.Seed);
        long written = 0;
        for (int token = -1; (options.MaxTokens == 0 || written < options.MaxTokens) && stop.Found is null; written++)
        {
            await LeaveCaller();
            cancellationToken.ThrowIfCancellationRequested();
            if (token >= 0)
            {
                session.Advance([token], results: 1);
            }

            token = Draw(sampler, writable, session, random);
            string piece = stop.Append(decoder.Append(token));
            if (piece.Length > 0)
            {
                yield return piece;
            }
        }

        string rest = stop.Found is null ? stop.Append(decoder.Flush()) + stop.Complete() : "";
        if (rest.Length > 0)
        {
            yield return rest;
        }

        progress?.Report(report with { GeneratedTokens = written, StoppedBy = stop.Found });
    }

    /// <summary>
    /// A caller whose thread draws a window is not held while a token is computed. Others have been left at the beginning;
    /// to change the thread for each token would cost them as much as a token of a small model.
    /// </summary>
    internal static ConfiguredTaskAwaitable LeaveCaller() => Task.CompletedTask.ConfigureAwait(
        SynchronizationContext.Current is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ForceYielding);

    private int Draw(Sampler sampler, WritableTokens writable, InferenceSession session, RandomStream random)
    {
        try
        {
            Span<float> logits = session.Logits().Span;
            writable.Limit(logits);
            int token = sampler.Next(logits, random.NextDouble());
            writable.Accept(token);
            return token;
        }
        catch (ArithmeticException exception)
        {
            throw new NotFiniteException($"after {session.Tokens} tokens there is no next one to draw: {exception.Message.TrimEnd('.')}; {WeightHealth.Describe(_model)}", exception);
        }
    }

    /// <returns>The last token of the prompt; null if it has none.</returns>
    private async ValueTask<int?> ReadPrompt(InferenceSession session, Sampler sampler, TokenReader prompt, WritableTokens writable, CancellationToken cancellationToken)
    {
        int? last = null;
        while (await prompt.ReadAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } tokens)
        {
            Read(tokens);
        }

        Read(prompt.Held[..writable.End(prompt.Held.Span, last)]);
        if (session.Tokens == 0)
        {
            session.Advance([StartToken.Of(_vocabulary, _model)], results: 1);
        }

        return last;

        void Read(ReadOnlyMemory<int> tokens)
        {
            last = tokens.IsEmpty ? last : tokens.Span[^1];
            foreach (int token in tokens.Span)
            {
                sampler.Observe(token);
            }

            for (; tokens.Length > 0; tokens = tokens[Math.Min(PromptChunk, tokens.Length)..])
            {
                cancellationToken.ThrowIfCancellationRequested();
                session.Advance(tokens.Span[..Math.Min(PromptChunk, tokens.Length)], results: 1);
            }
        }
    }
}
