using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Tests.Inference.Serving;

/// <summary>A small model with a scheduler, and what a session alone gives.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    /// <summary>Tokens of a chunk.</summary>
    public const int Chunk = 8;

    private readonly CpuBackend _backend = new(threads: 1), _alone = new(threads: 1);

    /// <param name="configure">Changes the options.</param>
    /// <param name="kind">The kind of the model.</param>
    /// <param name="precision">Of products with weights.</param>
    /// <param name="learning">How sessions learn from what they read; null if none may.</param>
    public ServedModel(
        Func<SchedulerOptions, SchedulerOptions>? configure = null, string kind = Kinds.TransformerXL, Precision precision = Precision.Float32, DynamicOptions? learning = null)
    {
        Vocabulary = CharacterVocabulary.FromText("\n abcdefghijklmnopqrstuvwxyzé🐧");
        ModelConfiguration configuration = new TransformerXLConfiguration { VocabularySize = Vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 }.As(kind, 64);
        Model = kind == Kinds.Lstm
            ? LanguageModel.Create(configuration with { InitialDeviation = 0.3f }, 3)
            : SmallModels.Create((AttentionConfiguration)configuration);
        SchedulerOptions options = new() { Session = new InferenceOptions { MemoryLength = 12, MaxSegment = Chunk, Precision = precision }, PromptTokensPerStep = Chunk };
        Options = configure?.Invoke(options) ?? options;
        if (learning is not null)
        {
            Statistics = learning.Rule == DynamicRule.Rms ? GradientStatistics.Gather(Model, _backend, Training(), LearningContext, 0) : null;
            Options = Options with { Learning = new DynamicSessionLearning(Model, _backend, LearningContext, learning, Statistics) };
        }

        Scheduler = new ModelScheduler(Model, Vocabulary, _backend, Options);
    }

    /// <summary>The lengths that sessions learn with: chunks end where a segment ends.</summary>
    public static ContextConfiguration LearningContext { get; } = new() { TargetLength = 7, MemoryLength = 12 };

    public CharacterVocabulary Vocabulary { get; }

    /// <summary>Of the rule that divides by them.</summary>
    public GradientStatistics? Statistics { get; }

    public LanguageModel Model { get; }

    public SchedulerOptions Options { get; }

    public ModelScheduler Scheduler { get; }

    public static string Text(int length, int seed)
    {
        const string Letters = "abcdefghijklmnopqrstuvwxyz é🐧";
        Rune[] runes = [.. Letters.EnumerateRunes()];
        Random random = new(seed);
        return string.Concat(Enumerable.Range(0, length).Select(_ => runes[random.Next(runes.Length)].ToString()));
    }

    /// <summary>The text that a session alone writes: the prompt in chunks, then token by token.</summary>
    public string WriteAlone(string prompt, int tokens, ulong seed, SamplingOptions? sampling = null)
    {
        int[] ids = [StartToken.Of(Vocabulary, Model), .. Vocabulary.Encode(prompt)];
        InferenceSession session = InferenceSession.Create(Model, _alone, Options.Session);
        for (int at = 0; at < ids.Length; at += Chunk)
        {
            session.Advance(ids.AsSpan(at, Math.Min(Chunk, ids.Length - at)), results: 1);
        }

        return ContinueAlone(session, tokens, seed, sampling);
    }

    public string ContinueAlone(InferenceSession session, int tokens, ulong seed, SamplingOptions? sampling = null)
    {
        Sampler sampler = new(sampling ?? new SamplingOptions(), Vocabulary.Count, Vocabulary.UnknownId);
        Tensors.Random.RandomStream random = new(seed);
        List<int> written = [];
        for (int i = 0; i < tokens; i++)
        {
            written.Add(sampler.Next(session.Logits().Span, random.NextDouble()));
            session.Advance([written[^1]], results: 1);
        }

        return Vocabulary.Decode([.. written]);
    }

    /// <summary>The text that a session alone writes after it has read texts and learned from them, and the weights then.</summary>
    public (string Text, LanguageModel Model) LearnAlone(DynamicOptions learning, string[] texts, int tokens, ulong seed)
    {
        TextFollower follower = new(Model, Vocabulary, _alone, LearningContext, learning, Statistics);
        InferenceSession session = InferenceSession.Create(Model, _alone, Options.Session);
        int learned = 0;
        foreach (string text in texts)
        {
            int[] ids = [.. session.Tokens == 0 ? (int[])[StartToken.Of(Vocabulary, Model)] : [], .. Vocabulary.Encode(text)];
            for (int at = 0, count; at < ids.Length; at += count)
            {
                // Every token is read with the weights after all segments before it; nothing precedes the start token.
                int first = session.Tokens == 0 ? 1 : 0, room = LearningContext.TargetLength - (learned % LearningContext.TargetLength) + first;
                count = Math.Min(Math.Min(Chunk, room), ids.Length - at);
                session.Advance(ids.AsSpan(at, count), results: 1);
                foreach (int token in ids.AsSpan(at + first, count - first))
                {
                    learned++;
                    if (follower.Append(token))
                    {
                        session.ChangeWeights(follower.Model);
                    }
                }
            }
        }

        return (ContinueAlone(session, tokens, seed), follower.Model);
    }

    private TokenFile Training() => TokenFile.FromIds(Vocabulary.Encode(Text(400, 11)), Vocabulary.Count);

    public InferenceSession NewSession() => InferenceSession.Create(Model, _alone, Options.Session);

    /// <summary>The scores of a <see cref="Scorer"/> with the same chunks.</summary>
    public async Task<List<TokenScore>> ScoreAlone(string text, int top = 0)
    {
        ScoringOptions options = new() { MemoryLength = Options.Session.MemoryLength, ChunkLength = Chunk, Precision = Options.Session.Precision, Top = top };
        return await new Scorer(Model, Vocabulary, _alone).ScoreAsync(text, options).CollectAsync();
    }

    public async Task<float[]> EmbedAlone(string text, EmbeddingPooling pooling) => await new Embedder(Model, Vocabulary, _alone)
        .EmbedAsync(text, new EmbeddingOptions { Session = Options.Session, Pooling = pooling, Normalizes = true });

    public static async Task<(string Text, GenerationUpdate Last, List<TokenResult> Tokens)> Collect(ResultStream<GenerationUpdate> results, int choice = 0)
    {
        StringBuilder text = new();
        List<TokenResult> tokens = [];
        GenerationUpdate? last = null;
        await foreach (GenerationUpdate update in results)
        {
            if (update.Choice == choice && !update.IsPrompt)
            {
                text.Append(update.Text);
                tokens.AddRange(update.Tokens);
                last = update.FinishReason is null ? last : update;
            }
        }

        return (text.ToString(), last ?? throw new InvalidOperationException("there was no last update"), tokens);
    }

    public static GenerationRequest Request(string prompt, int tokens, ulong seed) => new() { Prompt = Prompt.Of(prompt), MaxTokens = tokens, Seed = seed };

    public async ValueTask DisposeAsync()
    {
        await Scheduler.DisposeAsync();
        _backend.Dispose();
        _alone.Dispose();
    }
}
