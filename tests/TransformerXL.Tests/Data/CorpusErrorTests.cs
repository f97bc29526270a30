using TransformerXL.Files;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class CorpusErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_path_is_named() => AssertRefused(_folder["none"], $"there is no file or folder '{_folder["none"]}'");

    [Fact]
    public void An_empty_file_is_named()
    {
        AssertRefused(_folder.Write("empty.txt", ""), "empty.txt' is empty");
        AssertRefused(_folder.Write("mark.txt", [0xEF, 0xBB, 0xBF]), "mark.txt' is empty");
    }

    [Fact]
    public void Links_in_a_circle_and_pipes_are_named_for_what_they_are()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.CreateSymbolicLink(_folder["one"], "two");
        File.CreateSymbolicLink(_folder["two"], "one");
        AssertRefused(_folder["one"], $"'{_folder["one"]}' cannot be read: Too many levels of symbolic links");
        _folder.Write("folder/text", "text");
        File.CreateSymbolicLink(_folder["folder/link"], "gone");
        AssertRefused(_folder["folder"], "it is a link to 'gone', which leads to no file");
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("mkfifo", _folder["pipe"]);
        process.WaitForExit();
        AssertRefused(_folder["pipe"], "is a pipe, a socket or a terminal, but a regular file is needed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_without_a_folder_in_its_name_leads_to_its_target(bool isPipe)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // In the working folder of the tests: elsewhere the names would need a folder.
        string target = $"target-{Guid.NewGuid():N}", link = $"link-{Guid.NewGuid():N}";
        try
        {
            if (isPipe)
            {
                using System.Diagnostics.Process process = System.Diagnostics.Process.Start("mkfifo", target);
                process.WaitForExit();
            }
            else
            {
                File.WriteAllText(target, string.Concat(Enumerable.Repeat("some text\n", 20)));
            }

            File.CreateSymbolicLink(link, target);
            if (isPipe)
            {
                Assert.Contains("is a pipe", Assert.Throws<InputException>(() => RegularFile.Require(link)).Message, StringComparison.Ordinal);
                AssertRefused(link, "is a pipe");
            }
            else
            {
                RegularFile.Require(link);
                using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = link }, _folder["cache"]);
                Assert.Equal(200, corpus.Train.Count + corpus.Validation.Count + corpus.Test.Count);
            }
        }
        finally
        {
            File.Delete(link);
            File.Delete(target);
        }
    }

    [Fact]
    public void A_folder_without_files_is_named()
    {
        Directory.CreateDirectory(_folder["nothing/inside"]);
        AssertRefused(_folder["nothing"], "holds no files");
    }

    [Fact]
    public void A_folder_of_empty_files_is_named()
    {
        _folder.Write("empty/a", "");
        AssertRefused(_folder["empty"], "the only file in the folder");
    }

    [Fact]
    public void Invalid_UTF_8_names_file_and_offset_and_the_way_out()
    {
        _folder.Write("data/a.txt", "fine");
        string path = _folder.Write("data/b.txt", [(byte)'o', (byte)'k', 0xC3, (byte)'x']);
        AssertRefused(_folder["data"], $"'{path}' is not valid UTF-8: byte 0xC3 at byte offset 2. Convert the file to UTF-8, or train with a vocabulary of bytes or byte pairs, which reads any file");
    }

    [Fact]
    public void The_offset_counts_from_the_beginning_of_the_file_also_late_and_after_a_byte_order_mark()
    {
        byte[] content = [0xEF, 0xBB, 0xBF, .. Enumerable.Repeat((byte)'x', 1_000_000), 0xFF];
        AssertRefused(_folder.Write("late.txt", content), "byte 0xFF at byte offset 1000003");
    }

    [Fact]
    public void A_file_that_ends_inside_a_character_is_invalid() => AssertRefused(_folder.Write("cut.txt", [(byte)'a', 0xE2, 0x82]), "byte offset 1");

    [Fact]
    public void A_file_that_ends_inside_a_character_is_not_completed_by_the_next_one()
    {
        string path = _folder.Write("data/a", [(byte)'a', 0xC3]);
        _folder.Write("data/b", [0xA9, (byte)'b']);
        AssertRefused(_folder["data"], $"'{path}' is not valid UTF-8: byte 0xC3 at byte offset 1");
    }

    [Fact]
    public void Invalid_UTF_8_anywhere_is_found_whatever_the_split()
    {
        byte[] content = [.. Enumerable.Repeat((byte)'x', 100)];
        for (int at = 0; at < content.Length; at++)
        {
            byte[] wrong = [.. content];
            wrong[at] = 0x80;
            AssertRefused(_folder.Write("a.txt", wrong), $"byte 0x80 at byte offset {at}.");
        }
    }

    [Fact]
    public void UTF_16_is_recognized() => AssertRefused(_folder.Write("wide.txt", [0xFF, 0xFE, (byte)'a', 0]), "It looks like UTF-16.");

    [Fact]
    public void A_binary_file_is_recognized() => AssertRefused(_folder.Write("a.bin", [(byte)'a', (byte)'b', 0, 1]), "does not look like text: byte 0x00 at byte offset 2");

    [Fact]
    public void Bytes_accept_what_characters_refuse()
    {
        var options = new CorpusOptions { Path = _folder.Write("a.bin", [0, 0xFF, 0x80, 0x80, 0x80, 0x80, 0x80]), Vocabulary = new() { Kind = VocabularyKind.Bytes } };
        using Corpus corpus = Corpus.Prepare(options, _folder["cache"]);
        Assert.Equal(7, corpus.Train.Count + corpus.Validation.Count + corpus.Test.Count);
    }

    [Fact]
    public void An_empty_text_is_refused() => Assert.Throws<InputException>(() => Corpus.FromText(""));

    [Fact]
    public void A_lone_surrogate_names_its_index() =>
        Assert.Contains("index 2", Assert.Throws<InputException>(() => Corpus.FromText("ab\uD800c")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_text_in_memory_takes_no_path() =>
        Assert.Contains("'x'", Assert.Throws<InputException>(() => Corpus.FromText("a", new CorpusOptions { Path = "x" })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_cache_that_cannot_be_made_is_named()
    {
        string file = _folder.Write("file", "text");
        var error = Assert.Throws<InputException>(() => Corpus.Prepare(new CorpusOptions { Path = file }, file));
        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
    }

    private void AssertRefused(string path, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => Corpus.Prepare(new CorpusOptions { Path = path }, _folder["cache"])).Message, StringComparison.Ordinal);
}
