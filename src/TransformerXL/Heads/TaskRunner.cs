using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Heads;

/// <summary>
/// Computes the logits of a head for documents of any lengths, several side by side. The result of a document does not depend on those beside it. For one
/// thread at a time.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="head">The head.</param>
/// <param name="backend">The backend that computes.</param>
/// <param name="context">The lengths.</param>
/// <param name="weights">Prepared weights, if those of the model stay as they are; null in training.</param>
internal sealed class TaskRunner(LanguageModel model, TaskHead head, Backend backend, ContextConfiguration context, PreparedWeights? weights = null)
{
    /// <summary>The most documents that are read side by side: the memory of each takes room.</summary>
    private const int MaxTogether = 256;

    private readonly Dictionary<int, DocumentReader> _readers = [];

    public LanguageModel Model => model;

    public TaskHead Head => head;

    public Backend Backend => backend;

    public ContextConfiguration Context => context;

    /// <summary>A reader of so many documents side by side.</summary>
    public DocumentReader Reader(int streams) =>
        _readers.TryGetValue(streams, out DocumentReader? reader) ? reader : _readers[streams] = NewReader(streams);

    /// <summary>A reader that nothing else uses.</summary>
    public DocumentReader NewReader(int streams) => new(model, backend, context, streams, weights);

    /// <summary>Calls a function with groups of documents of about the same length.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="streams">The most side by side.</param>
    /// <param name="take">Is given the places of the documents of a group.</param>
    public static void InGroups(IReadOnlyList<int[]> documents, int streams, Action<int[]> take)
    {
        int[] order = [.. Enumerable.Range(0, documents.Count).OrderByDescending(i => documents[i].Length)];
        foreach (int[] group in order.Chunk(streams))
        {
            take(group);
        }
    }

    /// <summary>The logits of whole texts: C for each document.</summary>
    /// <param name="documents">Tokens.</param>
    /// <param name="stop">Ends the reading between two segments.</param>
    public float[][] OfTexts(IReadOnlyList<int[]> documents, CancellationToken stop = default) => Together(documents, some => OfSomeTexts(some, stop));

    private float[][] OfSomeTexts(int[][] documents, CancellationToken stop)
    {
        using BackendUse use = backend.Enter();
        DocumentReader reader = Reader(documents.Length);
        StreamedPooling pooling = new(head, documents.Length);
        pooling.Clear();
        for (int stream = 0; stream < documents.Length; stream++)
        {
            pooling.NGrams?.Read(stream, documents[stream]);
        }

        reader.ReadAll(Columns(documents), (states, lengths) =>
        {
            stop.ThrowIfCancellationRequested();
            pooling.Add(reader.Tape, states, lengths);
        });
        return [.. Finish(reader, pooling).Chunk(head.Configuration.Outputs)];
    }

    /// <summary>The logits of all texts that a pooling has read: (B, C).</summary>
    public float[] Finish(DocumentReader reader, StreamedPooling pooling)
    {
        Tape tape = reader.Tape;
        float[] logits = head.Logits(tape, head.Transform(tape, tape.Constant(pooling.Result(tape)))).Value.Span.ToArray();
        pooling.NGrams?.AddTo(logits);
        return RequireFinite(logits);
    }

    /// <summary>The logits of all tokens: (T, C) for each document.</summary>
    /// <param name="documents">Tokens.</param>
    /// <param name="stop">Ends the reading between two segments.</param>
    /// <exception cref="InputException">A document has more logits than an array can hold.</exception>
    public float[][] OfTokens(IReadOnlyList<int[]> documents, CancellationToken stop = default)
    {
        int max = Array.MaxLength / head.Configuration.Outputs;
        foreach (int[] document in documents)
        {
            Require.That(document.Length <= max, $"a text has {document.Length} tokens, but a head with {head.Configuration.Outputs} outputs for each token reads at most {max}; divide the text");
        }

        return Together(documents, some => OfTokensOfSome(some, stop));
    }

    private float[][] OfTokensOfSome(int[][] documents, CancellationToken stop)
    {
        using BackendUse use = backend.Enter();
        int streams = documents.Length, outputs = head.Configuration.Outputs, first = 0;
        float[][] logits = [.. documents.Select(document => new float[document.Length * outputs])];
        DocumentReader reader = Reader(streams);
        reader.ReadAll(Columns(documents), (states, lengths) =>
        {
            stop.ThrowIfCancellationRequested();
            ReadOnlySpan<float> rows = head.Logits(reader.Tape, states).Value.Span;
            for (int stream = 0; stream < streams; stream++)
            {
                for (int t = 0; t < lengths[stream]; t++)
                {
                    ReadOnlySpan<float> row = rows.Slice(((t * streams) + stream) * outputs, outputs);
                    RequireFinite(row);
                    row.CopyTo(logits[stream].AsSpan((first + t) * outputs));
                }
            }

            first += states.Shape[0];
        });
        return logits;
    }

    /// <summary>The logits of the words of documents: (words, C) for each.</summary>
    /// <param name="documents">Tokens, and the token of each word at which its label is predicted.</param>
    /// <param name="stop">Ends the reading between two segments.</param>
    public float[][] OfWords(IReadOnlyList<(int[] Ids, int[] Places)> documents, CancellationToken stop = default)
    {
        float[][] tokens = OfTokens([.. documents.Select(document => document.Ids)], stop);
        int outputs = head.Configuration.Outputs;
        return [.. documents.Select((document, i) =>
        {
            float[] words = new float[document.Places.Length * outputs];
            for (int word = 0; word < document.Places.Length; word++)
            {
                tokens[i].AsSpan(document.Places[word] * outputs, outputs).CopyTo(words.AsSpan(word * outputs));
            }

            return words;
        })];
    }

    /// <summary>Documents side by side: (T, B), negative after a document.</summary>
    /// <exception cref="InputException">The longest document is too long for so many side by side.</exception>
    public static int[] Columns(IReadOnlyList<int[]> documents)
    {
        int streams = documents.Count, rows = documents.Max(document => document.Length), max = Array.MaxLength / streams;
        Require.That(rows <= max, $"a text has {rows} tokens, but {streams} texts side by side may have at most {max} each; divide the text or read fewer together");
        int[] ids = new int[rows * streams];
        Array.Fill(ids, -1);
        for (int stream = 0; stream < streams; stream++)
        {
            for (int t = 0; t < documents[stream].Length; t++)
            {
                ids[(t * streams) + stream] = documents[stream][t];
            }
        }

        return ids;
    }

    /// <summary>Computes the results of any number of documents, of a limited number together.</summary>
    private static float[][] Together(IReadOnlyList<int[]> documents, Func<int[][], float[][]> compute)
    {
        float[][] results = new float[documents.Count][];
        InGroups(documents, MaxTogether, group =>
        {
            float[][] some = compute([.. group.Select(i => documents[i])]);
            for (int i = 0; i < group.Length; i++)
            {
                results[group[i]] = some[i];
            }
        });
        return results;
    }

    private float[] RequireFinite(float[] logits)
    {
        RequireFinite(logits.AsSpan());
        return logits;
    }

    private void RequireFinite(ReadOnlySpan<float> logits)
    {
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit))
            {
                throw new NotFiniteException($"a logit of the head is not finite: {WeightHealth.Describe(model, head.Parameters)}");
            }
        }
    }
}
