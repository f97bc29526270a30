using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class FileFaultTests
{
    private const string Full = "No space left on device";

    [Fact]
    public void A_file_that_finds_no_room_is_named_and_not_the_temporary_one()
    {
        using TemporaryFolder folder = new();
        string path = folder["vectors.npy"];
        IOException fault = Assert.ThrowsAny<IOException>(() => AtomicFile.Write(path, stream => throw new IOException($"{Full} : '{((FileStream)stream).Name}'", 28)));
        Assert.Equal($"'{path}' cannot be written: {Full}", fault.Message);
        Assert.Equal(28, fault.HResult);
        Assert.Equal(Full, FileFault.Reason(fault));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_fault_of_another_file_is_left_as_it_is()
    {
        using TemporaryFolder folder = new();
        IOException read = new("Input/output error : '/a/text'");
        Assert.Same(read, Assert.Throws<IOException>(() => AtomicFile.Write(folder["out"], _ => throw read)));
    }

    [Fact]
    public void A_folder_that_is_written_as_a_whole_is_named_and_no_file_in_it()
    {
        using TemporaryFolder folder = new();
        string path = folder["model"];
        InputException fault = Assert.Throws<InputException>(() => AtomicDirectory.Write(
            path, null, next => AtomicFile.Write(Path.Combine(next, "weights"), stream => throw new IOException($"{Full} : '{((FileStream)stream).Name}'", 28))));
        Assert.Equal($"'{path}' cannot be written: {Full}", fault.Message);
    }

    [Fact]
    public void A_folder_is_named_also_where_a_file_in_it_cannot_be_created()
    {
        using TemporaryFolder folder = new();
        string path = folder["model"];
        InputException fault = Assert.Throws<InputException>(() => AtomicDirectory.Write(path, null, next => AtomicFile.WriteText(Path.Combine(next, "gone", "weights"), "")));
        Assert.Equal($"'{path}' cannot be written: its folder does not exist", fault.Message);
    }

    [Fact]
    public void A_fault_of_another_place_is_left_to_it()
    {
        InputException other = new("'/b/text' cannot be read: access is denied", new UnauthorizedAccessException());
        Assert.Null(FileFault.Cause(other, "/a/best.new"));
        Assert.Null(FileFault.Cause(new InputException("the model '/a/best.new' is not valid"), "/a/best.new"));
        Assert.Same(other.InnerException, FileFault.Cause(other, "/b"));
    }

    [Fact]
    public void Reasons_have_no_path_and_no_full_stop()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("text", "text");
        Assert.Equal("there is no such file", Reason(folder["gone"]));
        Assert.Equal("its folder does not exist", Reason(folder["gone/text"]));
        Assert.Equal("it is a folder", Reason(folder.Path));
        File.CreateSymbolicLink(folder["link"], "gone");
        Assert.Equal("it is a link to 'gone', which leads nowhere", Reason(folder["link"]));
        Assert.Equal("a part of its path is a file, not a folder", FileFault.Reason(new DirectoryNotFoundException(), Path.Combine(text, "text", "more")));
        Assert.DoesNotContain(text, Reason(Path.Combine(text, "text")), StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\.$|txl-tmp", Assert.Throws<InputException>(() => AtomicFile.WriteText(folder["gone/text"], "")).Message);

        static string Reason(string path) => FileFault.Reason(Assert.ThrowsAny<Exception>(() => File.OpenRead(path).Dispose()), path);
    }

    [Theory]
    [InlineData("No space left on device : '/r/.x.npy.1386e98bb757f372.txl-tmp'", "'/r/x.npy': No space left on device")]
    [InlineData("No space left on device : '/r/.e.43d84d92c7b95e42.txl-tmp/.model.25981bd7c40c3a9b.txl-tmp'", "'/r/e/model': No space left on device")]
    [InlineData("No space left on device : '/r/.ab0079a5dde19738.txl-tmp/entries/a.txt'", "'/r/a.txt': No space left on device")]
    [InlineData("Access to the path '/r/.x.npy.1386e98bb757f372.txl-tmp' is denied.", "Access to the path '/r/x.npy' is denied")]
    public void A_message_without_a_place_names_the_file_that_was_to_be_written(string message, string shown) => Assert.Equal(shown, FileFault.Message(new IOException(message)));
}
