using System.Globalization;
using System.Text;
using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Training.Corpora;

/// <summary>A text as token ids: a vocabulary and three splits. Disposing is optional.</summary>
public sealed class Corpus : IDisposable
{
    internal Corpus(Vocabulary vocabulary, TokenFile train, TokenFile validation, TokenFile test, CorpusPlan plan)
        : this(vocabulary, train, validation, test) => (Description, LeftOut) = (Describe(plan), plan.LeftOut.Describe());

    private Corpus(Vocabulary vocabulary, TokenFile train, TokenFile validation, TokenFile test)
    {
        Vocabulary = vocabulary;
        Train = train;
        Validation = validation;
        Test = test;
        Description = DescribeTokens();
    }

    /// <summary>The vocabulary of all splits.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Training text.</summary>
    public TokenFile Train { get; }

    /// <summary>Validation text, for choosing a model; empty if its fraction is 0.</summary>
    public TokenFile Validation { get; }

    /// <summary>Test text, for measuring the chosen model; empty if there is none.</summary>
    public TokenFile Test { get; }

    /// <summary>One line: source, size, vocabulary, tokens of each split, and the number of tokens that are not in the vocabulary.</summary>
    public string Description { get; }

    /// <summary>
    /// One line about entries in the folders of the text that were left out (folders and files of runs, hidden files, links to
    /// folders), with some of the names; null if nothing was left out, or if no folder was searched.
    /// </summary>
    public string? LeftOut { get; }

    /// <summary>A folder that holds nothing but the token files and is removed with the corpus; null to keep them.</summary>
    internal string? Temporary { get; set; }

    /// <summary>Like the longer overload, with a vocabulary made from the training text.</summary>
    /// <inheritdoc cref="Prepare(CorpusOptions, string, Vocabulary, IProgress{CorpusProgress}, CancellationToken)"/>
    public static Corpus Prepare(CorpusOptions options, string cacheDirectory, IProgress<CorpusProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Prepare(options, cacheDirectory, vocabulary: null, progress, cancellationToken);

    /// <summary>
    /// Turns files into token files, streaming, so that they may be larger than RAM. The token files are in a folder below
    /// <paramref name="cacheDirectory"/> whose name depends on options, paths, sizes and modification times, and are reused as long as these stay the same.
    /// </summary>
    /// <param name="options">Which files, and how they are divided.</param>
    /// <param name="cacheDirectory">Folder for the token files; it is created if it does not exist.</param>
    /// <param name="vocabulary">A vocabulary to use (to resume, or to evaluate on other text), or null to make one from the training text.</param>
    /// <param name="progress">Reports after every piece of text.</param>
    /// <param name="cancellationToken">Stops the work; files written so far do no harm.</param>
    /// <exception cref="InputException">A path is missing, empty or unreadable, a file is not valid UTF-8 (and characters are wanted), or an option is wrong.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static Corpus Prepare(CorpusOptions options, string cacheDirectory, Vocabulary? vocabulary, IProgress<CorpusProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(cacheDirectory);
        options = DatasetManifest.Resolve(options);
        options.Validate();
        VocabularyChoice choice = VocabularyChoice.Of(options.Vocabulary, vocabulary);
        if (options.TranslationPath is not null)
        {
            return PreparePairs(options, cacheDirectory, choice, progress, cancellationToken);
        }

        Corpus corpus = new CorpusPreparation(CorpusPlan.Create(options, choice), choice, progress, cancellationToken).InFolder(cacheDirectory);
        if (options is { Path: { } whole, ValidationFraction: 0, TestFraction: 0 })
        {
            // A text without splits is not a training text; errors use its path.
            corpus.Train.Name = whole;
        }

        return corpus;
    }

    /// <summary>
    /// Opens token files that <see cref="Prepare(CorpusOptions, string, IProgress{CorpusProgress}, CancellationToken)"/> wrote, even if the original text has changed or is missing;
    /// a folder with them can be moved to another machine.
    /// </summary>
    /// <param name="cacheDirectory">The cache folder of that call.</param>
    /// <param name="sourceIdentity"><see cref="TokenFile.SourceIdentity"/> of one of them.</param>
    /// <returns>The corpus, or null if the files are not there or are damaged.</returns>
    public static Corpus? TryOpen(string cacheDirectory, string sourceIdentity)
    {
        ArgumentException.ThrowIfNullOrEmpty(cacheDirectory);
        ArgumentNullException.ThrowIfNull(sourceIdentity);
        return CorpusCache.TryOpen(cacheDirectory, sourceIdentity) is var (vocabulary, train, validation, test) ? new Corpus(vocabulary, train, validation, test) : null;
    }

    /// <summary>Makes a corpus of a text in memory.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">Fractions and vocabulary; no paths.</param>
    /// <param name="vocabulary">A vocabulary to use, or null to make one from the training text.</param>
    /// <exception cref="InputException">The text is empty or holds a lone surrogate, or an option is wrong.</exception>
    public static Corpus FromText(string text, CorpusOptions? options = null, Vocabulary? vocabulary = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= new CorpusOptions();
        options.ValidateWithoutPaths();
        if (text.Length == 0)
        {
            throw new InputException("the text is empty");
        }
        byte[] utf8 = ToUtf8(text);
        var source = new TextSource("text in memory", [new SourcePart("text in memory", 0, utf8.Length, 0, EndsLine: false, () => new MemoryStream(utf8, writable: false))]);
        VocabularyChoice choice = VocabularyChoice.Of(options.Vocabulary, vocabulary);
        return new CorpusPreparation(CorpusPlan.Cut(source, options, choice.HasLines), choice, progress: null, CancellationToken.None).InMemory();
    }

    /// <summary>Closes the token files.</summary>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
        Test.Dispose();
        if (Temporary is { } folder)
        {
            BestEffort.Try(() => Directory.Delete(folder, recursive: true));
        }
    }

    /// <summary>The lines of a text with their translations. The joined text is needed only until its tokens are written.</summary>
    private static Corpus PreparePairs(CorpusOptions options, string cacheDirectory, VocabularyChoice choice, IProgress<CorpusProgress>? progress, CancellationToken cancellationToken)
    {
        using AlignedLines lines = AlignedLines.Join(options.Path!, options.TranslationPath!, cacheDirectory, cancellationToken);
        return new CorpusPreparation(lines.Cut(options), choice, progress, cancellationToken).InFolder(cacheDirectory);
    }

    private static byte[] ToUtf8(string text)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetBytes(text);
        }
        catch (EncoderFallbackException exception)
        {
            throw new InputException($"the text holds a lone surrogate at index {exception.Index}; use bytes read from the file instead", exception);
        }
    }

    private string Describe(CorpusPlan plan)
    {
        var names = plan.Splits.Where(split => split.Source is not null).Select(split => split.Source!.Name).Distinct();
        int files = plan.Splits.SelectMany(split => split.Source?.Parts ?? []).Distinct().Count();
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", names)} ({(files == 1 ? "1 file" : $"{files} files")}, {plan.Length:N0} bytes), {DescribeTokens()}");
    }

    private string DescribeTokens()
    {
        string unit = Vocabulary.Unit;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"vocabulary of {Vocabulary.Count} {unit}s: ");
        text.Append(CultureInfo.InvariantCulture, $"{Train.Count:N0} {unit}s to train on, {Validation.Count:N0} for validation, {Test.Count:N0} for test");
        long unknown = Train.Unknown + Validation.Unknown + Test.Unknown;
        if (unknown > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {unknown:N0} are not in the vocabulary");
        }
        return text.ToString();
    }
}
