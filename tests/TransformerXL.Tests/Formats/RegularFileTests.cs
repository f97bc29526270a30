using System.Diagnostics;
using TransformerXL.Files;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Settings;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>A named pipe that nobody writes is refused; opening it would wait for ever.</summary>
public sealed class RegularFileTests
{
    [SkippableTheory]
    [InlineData("vocabulary")]
    [InlineData("tokenizer")]
    [InlineData("words")]
    [InlineData("configuration")]
    [InlineData("weights")]
    [InlineData("page")]
    [InlineData("dataset")]
    [InlineData("archive")]
    public async Task A_named_pipe_is_refused_at_once(string kind)
    {
        Skip.If(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        using TemporaryFolder folder = new();
        string pipe = folder["pipe.txt"];
        using (Process make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        Action open = kind switch
        {
            "vocabulary" => () => Vocabulary.Load(pipe),
            "tokenizer" => () => Prepare(VocabularyKind.BytePairs),
            "words" => () => Prepare(VocabularyKind.Words),
            "configuration" => () => RunSettings.Standard.ApplyFile(pipe),
            "weights" => () => SafetensorsFile.Open(pipe).Dispose(),
            "archive" => () => TransformerXL.Compression.FileArchive.CompressAsync([folder.Path], Stream.Null).GetAwaiter().GetResult(),
            "page" => () => ExistingFiles.RequirePage(pipe),
            _ => () => TransformerXL.Training.Datasets.DatasetFiles.Of(pipe),
        };
        Task opening = Task.Run(open);
        string message = (await Assert.ThrowsAsync<InputException>(() => opening.WaitAsync(TimeSpan.FromMinutes(1)))).Message;
        Assert.Contains("is a pipe, a socket or a terminal, but a regular file is needed", message, StringComparison.Ordinal);

        void Prepare(VocabularyKind vocabulary) => Corpus.FromText("some text", new CorpusOptions { Vocabulary = new VocabularyOptions { Kind = vocabulary, File = pipe } }).Dispose();
    }

    [Fact]
    public void Files_empty_or_not_and_what_is_missing_are_left_to_who_opens_them()
    {
        using TemporaryFolder folder = new();
        RegularFile.Require(folder.Write("empty", ""));
        RegularFile.Require(folder.Write("full", "text"));
        RegularFile.Require(folder["missing"]);
        RegularFile.Require(folder.Path);
    }
}
