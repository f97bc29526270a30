using TransformerXL.Analysis.Reports;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>What lies in a folder of texts and is no text.</summary>
public sealed class LeftOutTests : IDisposable
{
    private const string Configuration = """{ "model": {}, "context": {}, "training": {} }""";

    private readonly TemporaryFolder _folder = new();

    public LeftOutTests() => _folder.Write("texts/a.txt", "the text itself\n");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run.lock")]
    [InlineData("config.json", "vocabulary.json")]
    [InlineData("config.json", "checkpoints/best/model.safetensors")]
    public void The_folder_of_a_run_is_told_by_what_it_holds(params string[] files)
    {
        foreach (string file in files)
        {
            _folder.Write("texts/deep/run/" + file, file == "config.json" ? Configuration : "weights");
        }

        using Corpus corpus = Prepare();
        Assert.Equal(16, Count(corpus));
        Assert.Equal("left out of the text: deep/run (files and folders of runs)", corpus.LeftOut);
    }

    [Fact]
    public void A_model_folder_is_no_text()
    {
        _folder.Write("texts/deep/model/config.json", """{ "model": {}, "context": {} }""");
        _folder.Write("texts/deep/model/vocabulary.json", "{}");
        _folder.Write("texts/deep/model/model.safetensors", "weights");
        using Corpus corpus = Prepare();
        Assert.Equal(16, Count(corpus));
        Assert.Contains("deep/model", corpus.LeftOut, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_this_program_is_no_text_wherever_it_lies()
    {
        using (StringWriter page = new())
        {
            new HtmlPage { Title = "2 runs", Summary = "None.", Sections = [] }.Write(page);
            _folder.Write("texts/runs.html", page.ToString());
            _folder.Write("texts/looked/attention.html", page.ToString());
        }

        _folder.Write("texts/looked/heads.csv", "layer,head\n");
        _folder.Write("texts/other.html", "<p>a page</p>\n");
        using Corpus corpus = Prepare();
        Assert.Equal(16 + 1 + 14, Count(corpus));
        Assert.Equal("left out of the text: looked, runs.html (files and folders of runs)", corpus.LeftOut);
    }

    [Theory]
    [InlineData("config.json", """{ "model": "gpt", "training": {} }""")]
    [InlineData("config.json", "not JSON")]
    [InlineData("vocabulary.json", "{}")]
    public void A_folder_that_only_looks_a_little_like_a_run_is_read(string name, string content)
    {
        _folder.Write("texts/notes/" + name, content);
        using Corpus corpus = Prepare();
        Assert.Equal(16 + 1 + content.Length, Count(corpus));
        Assert.Null(corpus.LeftOut);
    }

    [Fact]
    public void Of_a_folder_that_is_that_of_a_run_itself_only_the_files_of_the_run_are_left_out()
    {
        string[] own = ["run.lock", "config.json", "vocabulary.json", "metrics.jsonl", "report.html", "events.out.tfevents.1.txl.0000", "checkpoints/last/model.safetensors"];
        Array.ForEach(own, file => _folder.Write("texts/" + file, Configuration));
        _folder.Write("texts/data/0123456789abcdef/train.tokens", "TXLTOKEN and more");
        _folder.Write("texts/data/more.txt", "my own");
        using Corpus corpus = Prepare();
        Assert.Equal(16 + 1 + 6, Count(corpus));
    }

    [Fact]
    public void Nothing_but_a_run_is_no_text_and_the_error_says_why()
    {
        File.Delete(_folder["texts/a.txt"]);
        _folder.Write("texts/run/run.lock", "");
        string message = Assert.Throws<InputException>(() => Prepare()).Message;
        Assert.Contains("holds no files to read (left out of the text: run (files and folders of runs))", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VocabularyKind.Bytes)]
    [InlineData(VocabularyKind.BytePairs)]
    public void A_file_in_a_folder_that_cannot_be_text_is_refused_by_name(VocabularyKind kind)
    {
        foreach ((byte[] content, string reason) in ((byte[], string)[])[([.. "ab"u8, 0, .. "cd"u8], "byte 0x00 at byte offset 2"), ([0x1F, 0x8B, 8], "it begins like gzip"), ([.. "%PDF-1.7"u8], "it begins like a PDF document")])
        {
            string path = _folder.Write("texts/picture", content);
            InputException error = Assert.Throws<InputException>(() => Prepare(kind));
            string message = error.Message;
            Assert.Contains($"'{path}' does not look like text: {reason}", message, StringComparison.Ordinal);
            Assert.Contains(new InputRemedy("corpus.vocabulary.kind", "bytes"), error.Remedies);
        }
    }

    [Fact]
    public void A_file_that_is_named_itself_is_taken_whatever_it_holds()
    {
        string path = _folder.Write("texts/picture", [0x89, .. "PNG"u8, 0, 1, 2, 3]);
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = path, Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Bytes } }, _folder["cache"]);
        Assert.Equal(8, Count(corpus));
    }

    private Corpus Prepare(VocabularyKind kind = VocabularyKind.Bytes) =>
        Corpus.Prepare(new CorpusOptions { Path = _folder["texts"], Vocabulary = new VocabularyOptions { Kind = kind } }, _folder["cache"]);

    private static long Count(Corpus corpus) => corpus.Train.Count + corpus.Validation.Count + corpus.Test.Count;
}
