using System.Runtime.CompilerServices;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// Continues a text, token by token, in constant memory and in constant time for each token. The prompt, if there is one, is read after
/// a <see cref="StartToken"/>, as every text is. What the vocabulary lacks is read as its unknown token, counted and reported; the unknown
/// token is never written.
/// </summary>
/// <remarks>
/// The work is done on a thread of the pool. One enumeration at a time may use a backend. An enumeration of a result whose prompt is a string begins
/// anew each time; a prompt that is read from a stream or a reader can be enumerated once.
/// </remarks>
public sealed class Generator
{
    /// <summary>The most tokens of a prompt that are read at once.</summary>
    internal const int PromptChunk = 128;

    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;

    /// <summary>Creates a generator.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public Generator(LanguageModel model, Vocabulary vocabulary, Backend backend)
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
    /// <exception cref="InputException">An option is not valid, or asks for several samples, which <see cref="GeneratePiecesAsync(string, GenerationOptions, IProgress{GenerationReport}, CancellationToken)"/> gives.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="InvalidOperationException">A prompt that is no string is enumerated a second time.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public IAsyncEnumerable<string> GenerateAsync(string prompt, GenerationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return StartText(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, null, cancellationToken);
    }

    /// <summary>Continues a prompt of any length, which is read in constant memory to its end.</summary>
    /// <param name="prompt">The text to continue; it is not closed.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Called after the prompt and at the end.</param>
    /// <param name="cancellationToken">Ends the text within a token, or within a chunk of the prompt.</param>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions, CancellationToken)" path="/returns|/exception"/>
    public IAsyncEnumerable<string> GenerateAsync(
        TextReader prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return StartText(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, progress, cancellationToken);
    }

    /// <summary>
    /// Continues a prompt of any length in UTF-8 (any bytes where the vocabulary accepts them), which is read in constant memory to its end. A byte
    /// order mark before it is left out where the text has to be UTF-8.
    /// </summary>
    /// <inheritdoc cref="GenerateAsync(TextReader, GenerationOptions, IProgress{GenerationReport}, CancellationToken)" path="/param|/returns|/exception"/>
    public IAsyncEnumerable<string> GenerateAsync(
        Stream prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return StartText(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, progress, cancellationToken);
    }

    /// <summary>Continues a prompt <see cref="GenerationOptions.Samples"/> times, one continuation after the other, and yields the exact bytes in addition to the text. The prompt is read once.</summary>
    /// <param name="prompt">The text to continue; it is not given out again.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Called after the prompt and at the end of each continuation.</param>
    /// <param name="cancellationToken">Ends the text within a token, or within a chunk of the prompt.</param>
    /// <returns>Pieces of text, in the order of the samples.</returns>
    /// <exception cref="InputException">An option is not valid.</exception>
    /// <exception cref="InvalidOperationException">A prompt that is no string is enumerated a second time.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public IAsyncEnumerable<GeneratedPiece> GeneratePiecesAsync(
        string prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Start(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, progress, cancellationToken);
    }

    /// <summary>The same with a prompt of any length in UTF-8 (any bytes where the vocabulary accepts them), which is read in constant memory to its end and is not closed.</summary>
    /// <inheritdoc cref="GeneratePiecesAsync(string, GenerationOptions, IProgress{GenerationReport}, CancellationToken)" path="/param|/returns|/exception"/>
    public IAsyncEnumerable<GeneratedPiece> GeneratePiecesAsync(
        Stream prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Start(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, progress, cancellationToken);
    }

    /// <summary>
    /// Reads a prompt into a session and continues it, so that a conversation keeps its memory. Where the session has read something already, the
    /// prompt follows that directly; otherwise it follows a <see cref="StartToken"/>. When the enumeration ends, also early, the session has read every
    /// token that was drawn, but not a stop string.
    /// </summary>
    /// <remarks>
    /// The session decides on memory, clamp length, precision and backend; those of the options are not used. <see cref="SamplingOptions.RepetitionPenalty"/>
    /// sees the last tokens that the session has read, at most 4,096 of those before the prompt. After an error or a cancellation within the prompt the session has read a part of it; continue from a
    /// <see cref="InferenceSession.Fork"/> where that matters.
    /// </remarks>
    /// <param name="session">A session of one stream of this generator's model; it must not be used elsewhere at the same time.</param>
    /// <param name="prompt">The text to continue, possibly empty; it is not given out again.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Called after the prompt and at the end.</param>
    /// <param name="cancellationToken">Ends the text within a token, or within a chunk of the prompt.</param>
    /// <returns>Pieces of text, each at least one character. Each enumeration reads the prompt into the session again.</returns>
    /// <exception cref="ArgumentException">The session reads another model or several streams.</exception>
    /// <exception cref="InputException">An option is not valid, or asks for several samples.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    public IAsyncEnumerable<string> GenerateAsync(
        InferenceSession session, string prompt, GenerationOptions options, IProgress<GenerationReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(prompt);
        if (session.Model != _model || session.Options.Streams != 1)
        {
            throw new ArgumentException($"the session must read the generator's model and have one stream, but it has {session.Options.Streams}{(session.Model == _model ? "" : " and another model")}", nameof(session));
        }

        return StartText(TextInput.Of(prompt, _vocabulary, Encoder(options)), options, progress, cancellationToken, session);
    }

    private IAsyncEnumerable<string> StartText(
        TextInput prompt, GenerationOptions options, IProgress<GenerationReport>? progress, CancellationToken cancellationToken, InferenceSession? session = null)
    {
        IAsyncEnumerable<GeneratedPiece> pieces = Start(prompt, options, progress, cancellationToken, session);
        Require.That(options.Samples == 1, $"samples is {options.Samples}, but a stream of strings holds one text; {nameof(GeneratePiecesAsync)} gives several");
        return Texts(pieces, cancellationToken);
    }

    private Func<TokenEncoder> Encoder(GenerationOptions options) =>
        (options?.SpecialTokensAsText == true ? _vocabulary.ReadingSpecialTokensAsText() : _vocabulary).CreatePromptEncoder;

    // Options are checked at the call, not when the first piece is requested.
    private IAsyncEnumerable<GeneratedPiece> Start(
        TextInput prompt, GenerationOptions options, IProgress<GenerationReport>? progress, CancellationToken cancellationToken, InferenceSession? session = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Write(prompt, session, options.EndIds(_vocabulary), new WritableTokens(_vocabulary, options.HealsPrompt), options, progress, cancellationToken);
    }

    private static async IAsyncEnumerable<string> Texts(IAsyncEnumerable<GeneratedPiece> pieces, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (GeneratedPiece piece in pieces.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (piece.Text.Length > 0)
            {
                yield return piece.Text;
            }
        }
    }

    private async IAsyncEnumerable<GeneratedPiece> Write(
        TextInput input, InferenceSession? given, IReadOnlyList<int> ends, WritableTokens writable, GenerationOptions options, IProgress<GenerationReport>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TokenReader prompt = input.Open();
        InferenceSession session = given ?? InferenceSession.Create(_model, _backend, options.Session());
        Sampler sampler = new(options.Sampling, _vocabulary.Count, _vocabulary.UnknownId);
        writable = writable.Fork();
        prompt.HoldBack = writable.HoldBack;
        int? last = await ReadPrompt(session, sampler, prompt, writable, cancellationToken).ConfigureAwait(false);
        GenerationReport report = new(prompt.Count, prompt.Unknown, 0, null) { OpenEnd = writable.OpenEnd, HealedTokens = writable.TakenBack };
        progress?.Report(report);
        for (int sample = 0; sample < options.Samples; sample++)
        {
            // The last one may use up what has read the prompt.
            bool isLast = sample == options.Samples - 1;
            StopMemory? memory = given is null || options.Stop.Count == 0 ? null : new StopMemory(session, _vocabulary, original => original.Fork(), _ => { });
            Continuation text = new(
                isLast ? session : session.Fork(), isLast ? sampler : sampler.Fork(), writable.Fork(), writable.CreateDecoder(last), options, sample, ends, memory);
            try
            {
                while ((options.MaxTokens == 0 || text.Written < options.MaxTokens) && !text.HasEnded)
                {
                    await LeaveCaller();
                    cancellationToken.ThrowIfCancellationRequested();
                    GeneratedPiece piece = text.Next();
                    if (!piece.Bytes.IsEmpty)
                    {
                        yield return piece;
                    }
                }
            }
            finally
            {
                // Also when the caller stops early: what was given out is remembered.
                if (given is not null)
                {
                    text.ReadDrawn();
                }
            }

            GeneratedPiece rest = text.Complete();
            if (!rest.Bytes.IsEmpty || rest.Text.Length > 0)
            {
                yield return rest;
            }

            progress?.Report(report with { GeneratedTokens = text.Written, StoppedBy = text.StoppedBy, StopToken = text.EndedBy is { } end ? _vocabulary.Describe(end) : null, Sample = sample });
        }
    }

    /// <summary>
    /// A caller whose thread draws a window is not held while a token is computed. Others have been left at the beginning;
    /// to change the thread for each token would cost them as much as a token of a small model.
    /// </summary>
    internal static ConfiguredTaskAwaitable LeaveCaller() => Task.CompletedTask.ConfigureAwait(
        SynchronizationContext.Current is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ForceYielding);

    /// <returns>The last token of the text before the continuation; null if there is none.</returns>
    private async ValueTask<int?> ReadPrompt(InferenceSession session, Sampler sampler, TokenReader prompt, WritableTokens writable, CancellationToken cancellationToken)
    {
        int[] chunk = new int[Math.Min(PromptChunk, session.Options.MaxSegment)];
        int? last = session.LastToken;
        chunk[0] = StartToken.Of(_vocabulary, _model);
        foreach (int token in session.LastTokens(sampler.Window))
        {
            sampler.Observe(token);
        }

        for (int begin = session.Tokens == 0 ? 1 : 0, count = chunk.Length; count == chunk.Length; begin = 0)
        {
            count = begin + await prompt.FillAsync(chunk.AsMemory(begin), cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            Read(chunk.AsMemory(0, count), begin);
        }

        Read(prompt.Held[..writable.End(prompt.Held.Span, last)], 0);
        return last;

        void Read(ReadOnlyMemory<int> tokens, int begin)
        {
            foreach (int token in tokens.Span[begin..])
            {
                sampler.Observe(token);
                last = token;
            }

            // What was held back may be longer than a segment of a given session.
            for (int at = 0; at < tokens.Length; at += chunk.Length)
            {
                session.Advance(tokens.Span.Slice(at, Math.Min(chunk.Length, tokens.Length - at)), results: 1);
            }
        }
    }
}
